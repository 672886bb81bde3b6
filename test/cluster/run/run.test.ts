// The shipped `run` against the real API server, as a user with the rights of deploy/rbac.yaml.

import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { failing } from '../../support/dns-behaviours.ts'
import { type DnsServer, startDnsServer } from '../../support/dns-server.ts'
import { describeClusterWith } from '../harness/describe-cluster.ts'
import { eventually } from '../harness/eventually.ts'
import { raw } from '../harness/raw.ts'
import { requestMark, requestsSince } from '../harness/request-log.ts'
import { at, type Config, configText, destroy, find, live, make, newStage, patch, readyAddresses, service, slicesOf, type Stage, versions } from '../sync/stage.ts'
import { ownAddress, startServer, stopServers } from './outside-world.ts'
import { type RunProcess, startRun, stopAll } from './start-run.ts'

const lively = { tcp: {}, periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 2 }
const unprobed = { healthCheck: { none: {} } }

describeClusterWith(['requestLog'], 'run', () => {
  let stage: Stage
  let dns: DnsServer
  let folder: string
  let config: string
  beforeEach(async () => {
    [stage, dns, folder] = await Promise.all([newStage(), startDnsServer(), mkdtemp(join(tmpdir(), 'endpoint-registrar-run-'))])
    config = join(folder, 'registrar.yaml')
  })
  afterEach(async () => {
    await stopAll()
    await Promise.all([dns.stop(), stopServers(), rm(folder, { recursive: true, force: true })])
  })

  const declare = (services: Config, more: Readonly<Record<string, unknown>> = {}): Promise<void> => {
    const whole = 'services' in services ? services : { services }
    return writeFile(config, configText({ resolver: { nameservers: [dns.address], minTTLSeconds: 1 }, ...more, ...whole }, stage.namespace))
  }
  const start = (...flags: readonly string[]): Promise<RunProcess> => startRun(config, stage.kubeconfig, '--lease-namespace', stage.namespace, ...flags)
  const lead = async (...flags: readonly string[]): Promise<RunProcess> => {
    const running = await start(...flags)
    await Promise.all([running.ready(), running.leads()])
    return running
  }
  const serves = (name: string, ...addresses: readonly string[]): Promise<void> =>
    eventually(async () => { expect(await readyAddresses(stage.namespace, name)).toEqual(addresses) })
  const lease = async (): Promise<{ readonly holderIdentity?: string; readonly leaseTransitions?: number }> => {
    const { body } = await raw('GET', `/apis/coordination.k8s.io/v1/namespaces/${stage.namespace}/leases/endpoint-registrar-${stage.namespace}`)
    return (body as { spec: { holderIdentity?: string } }).spec
  }

  test('follows a host to other addresses, and keeps them while DNS fails', async () => {
    dns.host('db.example.com', ['198.51.100.1', '198.51.100.2'], 1)
    await declare([service('db', { targets: [{ host: 'db.example.com' }], ...unprobed })])
    await lead()
    await serves('db', '198.51.100.1', '198.51.100.2')
    dns.host('db.example.com', ['198.51.100.2', '198.51.100.3'], 1)
    await serves('db', '198.51.100.2', '198.51.100.3')
    for (const type of ['A', 'AAAA'] as const) dns.answer('db.example.com', type, failing('SERVFAIL'))
    await sleep(4000)
    expect(await readyAddresses(stage.namespace, 'db')).toEqual(['198.51.100.2', '198.51.100.3'])
    dns.host('db.example.com', ['198.51.100.4'], 1)
    await serves('db', '198.51.100.4')
  })

  test('takes a target out that does not answer, and in again when it does', async () => {
    const address = ownAddress()
    if (address === undefined) throw new Error('This machine has no address but loopback')
    const [one, two] = await Promise.all([startServer(address), startServer(address)])
    const targets = [one, two].map(({ port }) => ({ address, ports: { main: port } }))
    await declare([service('db', { targets, healthCheck: lively })])
    const running = await lead()
    await serves('db', address, address)
    await one.die()
    await serves('db', address)
    const unready = (await slicesOf(stage.namespace, 'db')).filter(({ endpoints }) => endpoints?.[0]?.conditions?.ready === false)
    expect(unready.map(({ ports }) => ports?.[0]?.port)).toEqual([one.port])
    expect(running.log()).toContainEqual(expect.objectContaining({ message: 'Address is published as not ready', address, reason: 'ECONNREFUSED' }))
    await one.revive()
    await serves('db', address, address)
  })

  test('puts right within a second what somebody else edits, deletes or makes anew', async () => {
    await declare([service('db', { ...at('198.51.100.1'), ...unprobed })])
    await lead()
    const before = await live('Service', stage.namespace, 'db')
    await destroy('EndpointSlice', stage.namespace, 'db-ipv4-1')
    await eventually(async () => { expect(await readyAddresses(stage.namespace, 'db')).toEqual(['198.51.100.1']) }, 1000)
    await patch('Service', stage.namespace, 'db', { spec: { ports: [{ name: 'main', port: 80, targetPort: 1 }] } })
    await eventually(async () => { expect((await live('Service', stage.namespace, 'db')).spec.ports?.[0]?.targetPort).toBe(8080) }, 1000)
    await destroy('Service', stage.namespace, 'db')
    await make('Service', stage.namespace, { metadata: { name: 'db', labels: before.metadata.labels }, spec: { ports: [{ name: 'main', port: 80, targetPort: 8080 }] } })
      .catch(() => undefined)
    await eventually(async () => {
      const { uid } = (await live('Service', stage.namespace, 'db')).metadata
      expect(uid).not.toBe(before.metadata.uid)
      const slices = await slicesOf(stage.namespace, 'db')
      expect(slices.map(({ metadata }) => metadata.ownerReferences?.[0]?.uid)).toEqual([uid])
    })
    await serves('db', '198.51.100.1')
  })

  test('leaves a foreign Service alone, says so, and takes it up when the name is free', async () => {
    await make('Service', stage.namespace, { metadata: { name: 'db' }, spec: { ports: [{ port: 1 }] } })
    const before = await versions(stage.namespace)
    await declare([service('db', { ...at('198.51.100.1'), ...unprobed })])
    const running = await lead()
    expect((await running.status()).services[0]).toMatchObject({ status: 'refused' })
    expect(await versions(stage.namespace)).toEqual(before)
    await destroy('Service', stage.namespace, 'db')
    await serves('db', '198.51.100.1')
  })

  test('asks for nothing but its lease in a quiet world', async () => {
    await declare([service('db', { ...at('198.51.100.1'), ...unprobed }), service('api', { ...at('198.51.100.2'), ...unprobed })])
    await lead()
    await serves('api', '198.51.100.2')
    await sleep(1500)
    const mark = await requestMark()
    await sleep(6000)
    const { counts } = await requestsSince(mark, { user: stage.user })
    expect(Object.keys(counts)).toEqual(['update leases'])
    expect(counts['update leases']).toBeLessThanOrEqual(4)
  })

  test('takes a mounted ConfigMap anew when its link is swapped; a faulty one keeps the last good one', async () => {
    const mount = async (version: string, text: string): Promise<void> => {
      await mkdir(join(folder, version))
      await writeFile(join(folder, version, 'registrar.yaml'), text)
      await symlink(version, join(folder, '..tmp'))
      await rename(join(folder, '..tmp'), join(folder, '..data'))
    }
    const text = (...services: Parameters<typeof configText>[0][]): string => configText(services.flat() as Config, stage.namespace)
    await mount('..1', text([service('old', { ...at('198.51.100.1'), ...unprobed })]))
    await symlink('..data/registrar.yaml', config)
    const running = await lead()
    await serves('old', '198.51.100.1')
    await mount('..2', 'services: [')
    await eventually(async () => { expect((await running.status()).config.fault).toBeDefined() })
    await running.ask('/sync', { method: 'POST' })
    await mount('..3', text([service('new', { ...at('198.51.100.1'), ...unprobed })]))
    await serves('new', '198.51.100.1')
    await eventually(async () => { expect(await find('Service', stage.namespace, 'old')).toBeUndefined() })
    expect((await running.status()).config.fault).toBeUndefined()
  })

  test('reads the config on SIGHUP, whether its files have changed or not', async () => {
    await declare([service('db', { ...at('198.51.100.1'), ...unprobed })])
    const running = await lead()
    const { takenAt } = (await running.status()).config
    // Long enough for the look at the files, which sees no change.
    await sleep(2500)
    expect((await running.status()).config.takenAt).toBe(takenAt)
    running.kill('SIGHUP')
    await eventually(async () => { expect((await running.status()).config.takenAt > takenAt).toBe(true) }, 2000)
    await declare([service('db', { ...at('198.51.100.2'), ...unprobed })])
    running.kill('SIGHUP')
    await serves('db', '198.51.100.2')
    await writeFile(config, 'services: [')
    running.kill('SIGHUP')
    await eventually(async () => { expect((await running.status()).config.fault).toMatch(/registrar\.yaml:1/) })
    expect(await readyAddresses(stage.namespace, 'db')).toEqual(['198.51.100.2'])
  })

  test('looks at everything on SIGUSR2, also where no watch looks', async () => {
    const elsewhere = `${stage.namespace}-elsewhere`
    await raw('POST', '/api/v1/namespaces', { metadata: { name: elsewhere } })
    try {
      await declare([service('db', { ...at('198.51.100.1'), ...unprobed })])
      const running = await lead()
      await serves('db', '198.51.100.1')
      const { labels } = (await live('Service', stage.namespace, 'db')).metadata
      await make('Service', elsewhere, { metadata: { name: 'undeclared', labels }, spec: { ports: [{ port: 80 }] } })
      await sleep(1500)
      expect(await find('Service', elsewhere, 'undeclared')).toBeDefined()
      running.kill('SIGUSR2')
      await eventually(async () => { expect(await find('Service', elsewhere, 'undeclared')).toBeUndefined() })
      // It ends when all that it began has ended.
      await eventually(async () => { expect((await running.ask('/metrics')).text).toMatch(/^endpoint_registrar_resyncs_total\{cause="asked",outcome="done"\} 1$/m) })
      expect(await readyAddresses(stage.namespace, 'db')).toEqual(['198.51.100.1'])
    } finally {
      await raw('DELETE', `/api/v1/namespaces/${elsewhere}`)
    }
  })

  test('a standby takes over from a leader that is killed, and no endpoint flips because of it', async () => {
    const [up, down] = await Promise.all([startServer(ownAddress() ?? ''), startServer(ownAddress() ?? '')])
    const targets = [up, down].map(({ address, port }) => ({ address, ports: { main: port } }))
    dns.host('db.example.com', ['198.51.100.1'], 1)
    await declare([service('db', { targets: [{ host: 'db.example.com' }], ...unprobed }), service('api', { targets, healthCheck: lively })])
    const first = await lead()
    await serves('db', '198.51.100.1')
    await serves('api', up.address, down.address)
    await down.die()
    await serves('api', up.address)
    const second = await start()
    await second.ready()
    expect((await second.status()).isLeading).toBe(false)
    const before = await versions(stage.namespace)
    first.kill('SIGKILL')
    const killedAt = Date.now()
    await second.leads()
    // Two retries with their jitter; the rest is the polling of this test.
    expect(Date.now() - killedAt).toBeLessThan(15_000 + 2 * 2400 + 1000)
    await sleep(1500)
    expect(await versions(stage.namespace)).toEqual(before)
    dns.host('db.example.com', ['198.51.100.2'], 1)
    await serves('db', '198.51.100.2')
  })

  test('ends on SIGTERM with exit 0, gives the lease back, and leaves what serves', async () => {
    await declare([service('db', { ...at('198.51.100.1'), ...unprobed })])
    const running = await lead()
    await serves('db', '198.51.100.1')
    expect((await lease()).holderIdentity).not.toBe('')
    const second = await start()
    const askedAt = Date.now()
    expect(await running.stop()).toBe(0)
    expect(Date.now() - askedAt).toBeLessThan(5000)
    await second.leads()
    expect(Date.now() - askedAt).toBeLessThan(8000)
    expect(await readyAddresses(stage.namespace, 'db')).toEqual(['198.51.100.1'])
  })

  test('sync and remove refuse while it holds the lease', async () => {
    await declare([service('db', { ...at('198.51.100.1'), ...unprobed })])
    await lead()
    const { code, stderr } = await stage.sync([service('db')])
    expect(code).toBe(2)
    expect(stderr).toMatch(/lease is held by/)
  })

  test('takes a namespace up when it appears', async () => {
    const late = `${stage.namespace}-late`
    await declare([service('db', { namespace: late, ...at('198.51.100.1'), ...unprobed })])
    const running = await lead()
    expect((await running.status()).services[0]).toMatchObject({ status: 'refused', messages: [expect.stringMatching(/does not exist/)] })
    await raw('POST', '/api/v1/namespaces', { metadata: { name: late } })
    try {
      await eventually(async () => { expect(await readyAddresses(late, 'db')).toEqual(['198.51.100.1']) })
    } finally {
      await raw('DELETE', `/api/v1/namespaces/${late}`)
    }
  })
})
