import { describe, expect, test } from '@jest/globals'
import { maxEndpointsPerSlice } from '../../src/desired/pack-slices.ts'
import { type DeclaredService, type DeclaredTarget } from '../../src/model/declared.ts'
import { type EndpointSlice } from '../../src/model/objects.ts'
import { address, declaredService, host, port } from '../support/declared-service.ts'
import { MemoryApi } from '../support/memory-api.ts'
import { found, planOf, servedBy, type Seen } from '../support/one-service.ts'

function addresses(count: number, from = 0): DeclaredTarget[] {
  return Array.from({ length: count }, (_, index) => address(`10.1.${Math.floor((from + index) / 250)}.${(from + index) % 250 + 1}`))
}

const slicesOnly: Seen = { publish: 'endpointSlices' }

function applied(api: MemoryApi, declared: DeclaredService, seen: Seen = slicesOnly): string[] {
  const { applied: changes, failure } = api.write(planOf(declared, api.current('shop', 'db'), seen).changes)
  expect(failure).toBeUndefined()
  return changes.map((change) => `${change.verb} ${(change.verb === 'delete' ? change.current : change.desired).metadata.name}`)
}

function sizes(api: MemoryApi): number[] {
  return api.current('shop', 'db').slices.map(({ endpoints }) => endpoints?.length ?? 0)
}

function db(targets: readonly DeclaredTarget[]): DeclaredService {
  return declaredService({ targets })
}

describe('packSlices()', () => {
  test('250 addresses make 3 slices with stable names', () => {
    const api = new MemoryApi()
    expect(applied(api, db(addresses(250)))).toEqual(['create db', 'create db-ipv4-1', 'create db-ipv4-2', 'create db-ipv4-3'])
    expect(sizes(api)).toEqual([100, 100, 50])
  })

  test('one address of 250 changed writes exactly one slice', () => {
    const api = new MemoryApi()
    applied(api, db(addresses(250)))
    const changed = [...addresses(250).filter(({ address: text }) => text !== '10.1.0.120'), address('10.9.9.9')]
    expect(applied(api, db(changed))).toHaveLength(1)
    expect(sizes(api)).toEqual([100, 100, 50])
    expect(servedBy(api.current('shop', 'db'))).toContain('10.9.9.9:5432')
  })

  test('one verdict of 250 changed writes exactly one slice', () => {
    const api = new MemoryApi()
    applied(api, db(addresses(250)))
    expect(applied(api, db(addresses(250)), { ...slicesOnly, verdicts: { '10.1.0.120': 'unready' } })).toHaveLength(1)
  })

  test('a newcomer goes where there is room, and no other slice is written', () => {
    const api = new MemoryApi()
    applied(api, db(addresses(250)))
    expect(applied(api, db(addresses(251)))).toEqual(['update db-ipv4-3'])
    expect(sizes(api)).toEqual([100, 100, 51])
  })

  test('a slice that is emptied goes, the others are left alone', () => {
    const api = new MemoryApi()
    applied(api, db(addresses(250)))
    const third = new Set((api.current('shop', 'db').slices[2]?.endpoints ?? []).map(({ addresses: [text] }) => text))
    expect(applied(api, db(addresses(250).filter(({ address: text }) => !third.has(text))))).toEqual(['delete db-ipv4-3'])
    expect(sizes(api)).toEqual([100, 100])
  })

  test('a pool that changes altogether keeps its slices and their names', () => {
    const api = new MemoryApi()
    applied(api, db(addresses(150)))
    expect(applied(api, db(addresses(150, 500)))).toEqual(['update db-ipv4-1', 'update db-ipv4-2'])
    expect(sizes(api)).toEqual([100, 50])
  })

  test('slices are never rebalanced', () => {
    const api = new MemoryApi()
    applied(api, db(addresses(150)))
    const few = api.current('shop', 'db').slices.flatMap(({ endpoints }) => (endpoints ?? []).slice(0, 10).map(({ addresses: [text = ''] }) => address(text)))
    applied(api, db(few))
    expect(sizes(api)).toEqual([10, 10])
  })

  test('a port override splits the addresses into groups of one port set each', () => {
    const api = new MemoryApi()
    const targets = [address('10.0.0.1'), address('10.0.0.2'), address('10.0.0.3', { ports: { pg: 6433 } })]
    applied(api, db(targets))
    expect(servedBy(api.current('shop', 'db'))).toEqual(['10.0.0.1:5432', '10.0.0.2:5432', '10.0.0.3:6433'])
    expect(sizes(api)).toEqual([2, 1])
  })

  test('another port number for all changes the slice in place', () => {
    const api = new MemoryApi()
    applied(api, db(addresses(3)))
    const moved = declaredService({ targets: addresses(3), ports: [port('pg', 5432, 6432)] })
    expect(applied(api, moved)).toEqual(['update db', 'update db-ipv4-1'].reverse())
  })

  test('the order in which ports are declared is no difference', () => {
    const api = new MemoryApi()
    applied(api, declaredService({ targets: addresses(2), ports: [port('a', 1), port('b', 2)] }))
    const before = api.current('shop', 'db').slices[0]?.metadata.name
    applied(api, declaredService({ targets: addresses(2), ports: [port('b', 2), port('a', 1)] }))
    expect(api.current('shop', 'db').slices.map(({ metadata }) => metadata.name)).toEqual([before])
  })

  test('each family has slices of its own', () => {
    const api = new MemoryApi(['IPv4', 'IPv6'])
    const dual = declaredService({ targets: [host('db.example.com')], ipFamilyPolicy: 'PreferDualStack' })
    applied(api, dual, { ...slicesOnly, families: ['IPv4', 'IPv6'], answers: { 'db.example.com': { IPv4: found('10.0.0.1'), IPv6: found('2001:db8::1') } } })
    expect(api.current('shop', 'db').slices.map(({ addressType, metadata }) => [addressType, metadata.name])).toEqual([['IPv4', 'db-ipv4-1'], ['IPv6', 'db-ipv6-1']])
  })

  test('a slice never changes its addressType, which the API server refuses', () => {
    const api = new MemoryApi(['IPv4', 'IPv6'])
    const dual = { ...slicesOnly, families: ['IPv4', 'IPv6'] } as const
    applied(api, db([address('10.0.0.1')]), dual)
    expect(applied(api, db([address('2001:db8::1')]), dual)).toEqual(['create db-ipv6-1', 'delete db-ipv4-1'])
  })

  test('an adopted slice of 300 endpoints is brought down to the limit without losing one on the way', () => {
    const api = new MemoryApi()
    api.put(byHand('by-hand', addresses(300)))
    const taken = { ...db(addresses(300)), adopt: true }
    const { failure } = api.write(planOf(taken, api.current('shop', 'db'), slicesOnly).changes, () => {
      expect(servedBy(api.current('shop', 'db'))).toHaveLength(300)
    })
    expect(failure).toBeUndefined()
    expect(sizes(api).sort()).toEqual([maxEndpointsPerSlice, maxEndpointsPerSlice, maxEndpointsPerSlice])
    expect(api.current('shop', 'db').slices.map(({ metadata }) => metadata.name)).toContain('by-hand')
  })

  test('an address found in two slices stays in one', () => {
    const api = new MemoryApi()
    applied(api, db(addresses(2)))
    api.put({ ...byHand('double', addresses(2)), metadata: { ...api.current('shop', 'db').slices[0]?.metadata, name: 'double', namespace: 'shop' } })
    applied(api, db(addresses(2)))
    expect(sizes(api)).toEqual([2])
  })

  test('the mirroring controller\'s slices are nothing to build on', () => {
    const api = new MemoryApi()
    applied(api, db(addresses(1)), { publish: 'endpoints' })
    api.mirror()
    expect(applied(api, db(addresses(1)), { publish: 'both' })).toEqual(['create db-ipv4-1', 'update db'])
  })
})

function byHand(name: string, targets: readonly DeclaredTarget[]): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4',
    metadata: { name, namespace: 'shop', labels: { 'kubernetes.io/service-name': 'db' } },
    endpoints: targets.map(({ address: text = '' }) => ({ addresses: [text], conditions: { ready: true } })),
    ports: [{ name: 'pg', port: 5432, protocol: 'TCP' }],
  }
}
