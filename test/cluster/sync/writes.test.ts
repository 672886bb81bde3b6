// What a pass costs: counted at the API server, under a user of the test's own.

import { expect, test } from '@jest/globals'
import { describeClusterWith } from '../harness/describe-cluster.ts'
import { type Config, newStage, readyAddresses, service, slicesOf, versions } from './stage.ts'

function many(count: number): readonly { readonly address: string }[] {
  return Array.from({ length: count }, (_, index) => ({ address: `198.51.100.${index}` }))
}

// What every sync asks once, whatever is declared: the cluster's ranges, what default/kubernetes leads to, the lease,
// and where else this instance has something.
const askedOnce = { 'list servicecidrs': 1, 'list leases': 1 }

describeClusterWith(['requestLog'], 'sync', () => {
  test('makes each service with three POSTs and no more, and reads each kind once a namespace', async () => {
    const { sync, requests } = await newStage()
    const names = Array.from({ length: 40 }, (_, index) => `db-${index}`)
    const { counts, writes, result } = await requests(() => sync(names.map((name) => service(name))))
    expect(result.code).toBe(0)
    expect(writes).toBe(3 * names.length)
    expect(counts).toEqual({
      ...askedOnce,
      'get namespaces': 1,
      'list services': 2, 'list endpointslices': 3, 'list endpoints': 1,
      'create services': names.length, 'create endpointslices': names.length, 'create endpoints': names.length,
    })
  })

  test('writes nothing where nothing changes', async () => {
    const { namespace, sync, plan, requests } = await newStage()
    const config = [
      service('plain'), service('unnamed', { ports: [{ port: 80 }] }),
      service('headless', { type: 'Headless', ports: [{ name: 'main', port: 8080 }] }),
      service('marked', { labels: { team: 'shop' }, annotations: { note: 'x' }, ports: [{ name: 'main', port: 80, appProtocol: 'example.com/wire' }] }),
      service('udp', { ports: [{ name: 'dns', port: 53, protocol: 'UDP' }, { name: 'dns-tcp', port: 53 }] }),
      service('both-families', { ipFamilyPolicy: 'PreferDualStack', targets: [{ address: '192.0.2.10' }, { address: '2001:DB8:0::1' }] }),
      service('elsewhere', { targets: [{ address: '192.0.2.10' }, { address: '192.0.2.11', ports: { main: 81 } }, { address: '192.0.2.12', drain: true }] }),
      service('large', { targets: many(250) }),
    ]
    await sync(config)
    const before = await versions(namespace)
    const { writes, result } = await requests(() => sync(config))
    expect([result.code, writes]).toEqual([0, 0])
    expect(result.json.services.flatMap(({ changes }) => changes)).toEqual([])
    expect((await plan(config)).code).toBe(0)
    expect(await versions(namespace)).toEqual(before)
  })

  test.each(['endpoints', 'endpointSlices'])('writes nothing where nothing changes, publish: %s', async (publish) => {
    const { sync, requests } = await newStage()
    const config = { publish, services: [service('db'), service('headless', { type: 'Headless', ports: [{ name: 'main', port: 8080 }] })] }
    await sync(config)
    expect(await requests(() => sync(config))).toMatchObject({ writes: 0, result: { code: 0 } })
  })

  test('keeps 250 addresses in 3 slices, and changes the one slice in which an address changes', async () => {
    const { namespace, sync, requests } = await newStage()
    const config = (targets: readonly object[]): Config => ({ publish: 'endpointSlices', services: [service('db', { targets })] })
    await sync(config(many(250)))
    expect((await slicesOf(namespace, 'db')).map(({ endpoints }) => endpoints?.length)).toEqual([100, 100, 50])
    const before = await versions(namespace)

    const moved = [...many(250).filter(({ address }) => address !== '198.51.100.120'), { address: '203.0.113.9' }]
    const { counts, writes, result } = await requests(() => sync(config(moved)))
    expect(result.code).toBe(0)
    expect([writes, counts['update endpointslices']]).toEqual([1, 1])
    const after = await versions(namespace)
    expect(Object.keys(after).filter((key) => after[key] !== before[key])).toHaveLength(1)
    expect(await readyAddresses(namespace, 'db')).toEqual(moved.map(({ address }) => address).sort())
  })

  test('never has an address in two slices, whatever comes and goes', async () => {
    const { namespace, sync } = await newStage()
    for (const targets of [many(150), many(250).slice(40), many(130), [...many(250)].reverse()]) {
      expect((await sync([service('db', { targets })])).code).toBe(0)
      const addresses = targets.map(({ address }) => address).sort()
      expect(await readyAddresses(namespace, 'db')).toEqual(addresses)
      for (const { endpoints } of await slicesOf(namespace, 'db')) expect(endpoints?.length).toBeLessThanOrEqual(100)
    }
  })

  test('asks for strict validation and names itself in every write', async () => {
    const { sync, requests } = await newStage()
    const { requests: sent } = await requests(() => sync([service('db')]))
    expect(new Set(sent.map(({ userAgent }) => userAgent.split('/')[0]))).toEqual(new Set(['endpoint-registrar']))
    const writing = sent.filter(({ verb }) => verb === 'create')
    for (const { uri } of writing) {
      const query = new URL(uri, 'https://cluster.example').searchParams
      expect([query.get('fieldValidation'), query.get('fieldManager')]).toEqual(['Strict', 'endpoint-registrar'])
    }
  })

  test.each(['client', 'server'])('writes nothing with --dry-run=%s, and shows what it would', async (how) => {
    const { namespace, sync } = await newStage()
    await sync([service('old'), service('db')])
    const before = await versions(namespace)
    const { code, json } = await sync([service('db', { targets: [{ address: '192.0.2.11' }] }), service('new')], `--dry-run=${how}`)
    expect(code).toBe(0)
    expect(json.services.map(({ name, changes }) => [name, changes.map(({ verb, kind }) => `${verb} ${kind}`)])).toEqual([
      ['db', ['update EndpointSlice', 'update Endpoints']],
      ['new', ['create Service', 'create EndpointSlice', 'create Endpoints']],
      ['old', ['delete Service', 'delete EndpointSlice', 'delete Endpoints']],
    ])
    expect(await versions(namespace)).toEqual(before)
  })
})

describeClusterWith([], 'plan', () => {
  test('says the very changes that sync then makes', async () => {
    const { sync, plan } = await newStage()
    await sync([service('gone'), service('db'), service('same')])
    const config = [service('db', { ports: [{ name: 'renamed', port: 80, targetPort: 8081 }], labels: { team: 'shop' } }), service('same'), service('new')]
    const planned = await plan(config)
    const done = await sync(config)
    expect([planned.code, done.code]).toEqual([1, 0])
    const changes = ({ json }: typeof planned): unknown => json.services.map(({ name, changes: each, addresses }) => ({ name, each, addresses }))
    expect(changes(done)).toEqual(changes(planned))
    expect((await plan(config)).code).toBe(0)
  })
})
