import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { access } from 'node:fs/promises'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from '@jest/globals'
import { describeClusterWith } from './harness/describe-cluster.ts'
import { type ControlPlane, startControlPlane } from './harness/control-plane.ts'
import { eventually } from './harness/eventually.ts'
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
