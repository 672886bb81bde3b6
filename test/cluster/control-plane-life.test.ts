import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, chmod, copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from '@jest/globals'
import { binary } from './harness/binaries.ts'
import { cluster } from './harness/cluster.ts'
import { describeCluster, describeClusterWith } from './harness/describe-cluster.ts'
import { type ControlPlane, startControlPlane } from './harness/control-plane.ts'
import { eventually } from './harness/eventually.ts'
import { freePorts } from './harness/free-ports.ts'
import { raw } from './harness/raw.ts'

const main = fileURLToPath(new URL('main.ts', import.meta.url))
const running = new Set<ChildProcess | ControlPlane>()

/** `npm run cluster`, up to the line that a person waits for. */
async function runCluster(): Promise<{ readonly child: ChildProcess; readonly dir: string }> {
  const child = spawn(process.execPath, [main], { stdio: ['ignore', 'pipe', 'ignore'] })
  running.add(child)
  for await (const line of createInterface({ input: child.stdout })) {
    const kubeconfig = /^export KUBECONFIG=(.+)$/.exec(line)?.[1]
    if (kubeconfig !== undefined) return { child, dir: dirname(kubeconfig) }
  }
  throw new Error('npm run cluster ended without a KUBECONFIG line')
}

/** The folder goes last, after every process of the control plane. */
async function exists(dir: string): Promise<boolean> {
  return access(dir).then(() => true, () => false)
}

/** Stands in for a binary: does `first` the first time that it is called, and is itself from then on. */
async function faulty(folder: string, name: 'etcd' | 'kube-apiserver', first: string): Promise<void> {
  const real = await binary(name)
  await writeFile(join(folder, name), `#!/bin/sh\nmkdir "$0.called" 2> /dev/null && { ${first}; }\nexec ${real} "$@"\n`)
  await chmod(join(folder, name), 0o755)
}

/** With the binaries of this folder, and no controller manager. */
async function startWith(folder: string, triesMs: readonly number[]): Promise<ControlPlane> {
  const before = process.env['KUBEBUILDER_ASSETS']
  process.env['KUBEBUILDER_ASSETS'] = folder
  const starting = startControlPlane({ triesMs }).finally(() => {
    if (before === undefined) delete process.env['KUBEBUILDER_ASSETS']
    else process.env['KUBEBUILDER_ASSETS'] = before
  })
  const plane = await starting
  running.add(plane)
  return plane
}

test('freePorts gives ports that no connection is given by the kernel', async () => {
  const range = await readFile('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').catch(() => '32768')
  const ports = await freePorts('127.0.0.1', 20)
  expect(new Set(ports).size).toBe(20)
  expect(ports.filter((port) => port >= Number(/^\d+/.exec(range)?.[0]))).toEqual([])
})

describeCluster('raw', () => {
  test('waits for the certificate of an API server that has only made the file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'endpoint-registrar-ca-'))
    const caFile = join(folder, 'apiserver.crt')
    await writeFile(caFile, '')
    await expect(raw('GET', '/readyz', undefined, { to: { ...cluster(), caFile } })).rejects.toThrow('No certificate in')
    await copyFile(cluster().caFile, caFile)
    expect((await raw('GET', '/readyz', undefined, { to: { ...cluster(), caFile } })).status).toBe(200)
    await rm(folder, { recursive: true })
  })
})

describeClusterWith(['own'], 'the life of a control plane', () => {
  afterEach(async () => {
    for (const one of running) {
      if ('stop' in one) await one.stop()
      else one.kill('SIGKILL')
    }
    running.clear()
  })

  test('ends with the process that started it, killed without warning', async () => {
    const { child, dir } = await runCluster()
    child.kill('SIGKILL')
    await eventually(async () => { expect(await exists(dir)).toBe(false) })
  })

  test('npm run cluster ends on Ctrl-C with everything removed and exit code 0', async () => {
    const { child, dir } = await runCluster()
    const exit = once(child, 'exit')
    child.kill('SIGINT')
    expect(await exit).toEqual([0, null])
    expect(await exists(dir)).toBe(false)
  })

  test('startControlPlane is stopped by its signal while it starts', async () => {
    const abort = new AbortController()
    const starting = startControlPlane({ signal: abort.signal })
    setImmediate(() => { abort.abort(new Error('Enough')) })
    await expect(starting).rejects.toThrow('Enough')
  })

  test('startControlPlane tries again what ended or hung', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'endpoint-registrar-faulty-'))
    await faulty(folder, 'etcd', 'echo "listen tcp: bind: address already in use"; exit 1')
    await faulty(folder, 'kube-apiserver', 'exec sleep 600')
    const plane = await startWith(folder, [60_000, 8_000, 20_000, 60_000])
    expect((await raw('GET', '/readyz', undefined, { to: plane })).status).toBe(200)
    await rm(folder, { recursive: true })
  })

  test('startControlPlane gives up with the last reason and what was said', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'endpoint-registrar-faulty-'))
    await faulty(folder, 'etcd', 'echo "this cannot be"; exit 1')
    await expect(startWith(folder, [60_000])).rejects.toThrow(/etcd ended while starting\nthis cannot be/)
    await rm(folder, { recursive: true })
  })

  test('two of them do not meet', async () => {
    const planes = await Promise.all([startControlPlane({ controllerManager: false }), startControlPlane({ controllerManager: false })])
    const [one, other] = planes
    for (const plane of planes) running.add(plane)
    expect((await raw('POST', '/api/v1/namespaces', { metadata: { name: 'mine' } }, { to: one })).status).toBe(201)
    expect((await raw('GET', '/api/v1/namespaces/mine', undefined, { to: other })).status).toBe(404)
    await one.stop()
    expect((await raw('GET', '/readyz', undefined, { to: other })).status).toBe(200)
  })

  test('startControlPlane gives a single-stack cluster where one range is asked for', async () => {
    const plane = await startControlPlane({ controllerManager: false, serviceRanges: '10.96.0.0/16' })
    running.add(plane)
    const spec = { ipFamilyPolicy: 'RequireDualStack', ports: [{ port: 80 }] }
    const { status } = await raw('POST', '/api/v1/namespaces/default/services', { metadata: { name: 'db' }, spec }, { to: plane })
    expect(status).toBe(422)
    expect(plane.capabilities).not.toContain('dualStack')
  })
})
