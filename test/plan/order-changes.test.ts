// RULES 4: the order within a service, such that at no moment a port has no endpoints while it should.

import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type DeclaredService, type Publish } from '../../src/model/declared.ts'
import { isMirrored, mirroringController, serviceNameLabel, skipMirrorLabel, sliceManagedByLabel } from '../../src/model/marks.ts'
import { type EndpointSlice } from '../../src/model/objects.ts'
import { familiesOfCluster, service, world } from '../support/arbitrary-world.ts'
import { address, declaredService, port } from '../support/declared-service.ts'
import { MemoryApi } from '../support/memory-api.ts'
import { planOf, servedBy, type Seen } from '../support/one-service.ts'
import { unservedPorts } from '../support/unserved-ports.ts'

const targets = [address('10.0.0.1'), address('10.0.0.2')]
const db = declaredService({ targets })

/** Plans and applies, and after each write looks which ports nobody serves. */
function apply(api: MemoryApi, declared: DeclaredService, seen: Seen = {}): { readonly changes: string[]; readonly gaps: string[] } {
  const gaps: string[] = []
  const { applied, failure } = api.write(planOf(declared, api.current('shop', 'db'), seen).changes, (change) => {
    gaps.push(...unservedPorts(api.current('shop', 'db')).map((unserved) => `${unserved} after ${change.verb} of ${change.verb === 'delete' ? change.current.kind : change.desired.kind}`))
  })
  expect(failure).toBeUndefined()
  return { changes: applied.map((change) => `${change.verb} ${change.verb === 'delete' ? change.current.kind : change.desired.kind}`), gaps }
}

function started(declared: DeclaredService = db, seen: Seen = {}): MemoryApi {
  const api = new MemoryApi()
  apply(api, declared, seen)
  return api
}

test('a first create makes the Service, then slices, then Endpoints', () => {
  expect(apply(new MemoryApi(), db).changes).toEqual(['create Service', 'create EndpointSlice', 'create Endpoints'])
})

describe('ports', () => {
  const renamed = declaredService({ targets, ports: [port('postgres', 5432)] })

  test('a rename: slices with both names, the Service, slices with the new name', () => {
    const { changes, gaps } = apply(started(), renamed, { publish: 'endpointSlices' })
    expect(changes).toEqual(['update EndpointSlice', 'update Service', 'update EndpointSlice', 'delete Endpoints'])
    expect(gaps).toEqual([])
  })

  test('a rename leaves nothing of the old name', () => {
    const api = started()
    apply(api, renamed)
    expect(api.current('shop', 'db').slices.map(({ ports }) => ports)).toEqual([[{ name: 'postgres', port: 5432, protocol: 'TCP' }]])
  })

  test('a rename of a target with a port of its own leads to that port under the old name too', () => {
    const override = [address('10.0.0.1', { ports: { pg: 6433 } })]
    const api = started(declaredService({ targets: override }))
    const seen: unknown[] = []
    api.write(planOf(declaredService({ targets: [address('10.0.0.1', { ports: { postgres: 6433 } })], ports: [port('postgres', 5432)] }), api.current('shop', 'db'), {}).changes,
      () => seen.push(api.current('shop', 'db').slices.flatMap(({ ports }) => (ports ?? []).map((each) => each.port))))
    expect(seen[0]).toEqual([6433, 6433])
  })

  test('a rename after the Service was made anew: new slices lead to the old number under the old name', () => {
    const api = started(declaredService({ targets: [address('10.0.0.1', { ports: { pg: 6433 } })] }))
    const service = api.current('shop', 'db').service
    if (service === undefined) throw new Error('No Service')
    api.put({ ...service, metadata: { ...service.metadata, uid: 'another' } })
    const [created] = planOf(declaredService({ targets: [address('10.0.0.1', { ports: { postgres: 6433 } })], ports: [port('postgres', 5432)] }), api.current('shop', 'db'), {}).changes
    expect(created).toMatchObject({ verb: 'create', desired: { ports: [{ name: 'postgres', port: 6433 }, { name: 'pg', port: 6433 }] } })
  })

  test('a rename while the pool grows beyond its slices has no gap, and new slices hold both names with the right number', () => {
    const many = (count: number): typeof targets => Array.from({ length: count }, (_, index) => address(`10.1.0.${index + 1}`, { ports: {} }))
    const api = started(declaredService({ targets: many(100) }))
    const { changes, gaps } = apply(api, declaredService({ targets: many(150), ports: [port('postgres', 5432)] }))
    expect(gaps).toEqual([])
    expect(changes[0]).toBe('create EndpointSlice')
    expect(api.current('shop', 'db').slices.every(({ ports }) => ports?.length === 1)).toBe(true)
  })

  test('an addition: slices, then the Service', () => {
    const { changes, gaps } = apply(started(), declaredService({ targets, ports: [port('pg', 5432), port('metrics', 9187)] }))
    expect(changes).toEqual(['update EndpointSlice', 'update Service', 'update Endpoints'])
    expect(gaps).toEqual([])
  })

  test('a removal: the Service, then the slices', () => {
    const api = started(declaredService({ targets, ports: [port('pg', 5432), port('metrics', 9187)] }))
    const { changes, gaps } = apply(api, db)
    expect(changes).toEqual(['update Service', 'update EndpointSlice', 'update Endpoints'])
    expect(gaps).toEqual([])
  })

  test('another number of the Service changes the Service alone', () => {
    const { changes, gaps } = apply(started(), declaredService({ targets, ports: [port('pg', 15_432, 5432)] }))
    expect(changes).toEqual(['update Service'])
    expect(gaps).toEqual([])
  })

  test('another targetPort changes the slices and the Service', () => {
    const { changes, gaps } = apply(started(), declaredService({ targets, ports: [port('pg', 5432, 6432)] }))
    expect(changes).toEqual(['update EndpointSlice', 'update Service', 'update Endpoints'])
    expect(gaps).toEqual([])
  })

  test('one port without a name becomes two with names', () => {
    const api = started(declaredService({ targets, ports: [port('', 80)] }))
    expect(apply(api, declaredService({ targets, ports: [port('http', 80), port('https', 443)] })).gaps).toEqual([])
  })

  test('two ports that swap their names', () => {
    const api = started(declaredService({ targets, ports: [port('a', 1), port('b', 2)] }))
    expect(apply(api, declaredService({ targets, ports: [port('b', 1), port('a', 2)] })).gaps).toEqual([])
  })

  test.each([
    ['a rename', [port('postgres', 5432)], ['pg', 'postgres']],
    ['an addition', [port('pg', 5432), port('metrics', 9187)], ['metrics', 'pg']],
  ] as const)('%s where Endpoints are all there is: Endpoints lead from old and new names before the Service has them', (_, ports, names) => {
    const api = started(db, { publish: 'endpoints' })
    api.mirror()
    const steps: string[] = []
    const seen: string[][] = []
    api.write(planOf(declaredService({ targets, ports }), api.current('shop', 'db'), { publish: 'endpoints' }).changes, (change) => {
      if (change.verb !== 'delete') steps.push(change.desired.kind)
      seen.push((api.current('shop', 'db').endpoints?.subsets ?? []).flatMap((subset) => (subset.ports ?? []).map(({ name }) => name ?? '')).sort())
    })
    expect(steps.slice(0, 2)).toEqual(['Endpoints', 'Service'])
    expect(seen[0]).toEqual(names)
  })
})

describe('readiness that moves between slices', () => {
  const far = address('10.0.0.9', { ports: { pg: 6433 } })
  const failover = declaredService({ targets: [address('10.0.0.1'), far] })

  test.each([
    ['from the first to the second', { '10.0.0.9': 'unready' }, { '10.0.0.1': 'unready' }],
    ['from the second to the first', { '10.0.0.1': 'unready' }, { '10.0.0.9': 'unready' }],
  ] as const)('%s: what becomes ready comes before what ceases to be', (_, before, after) => {
    const api = started(failover, { verdicts: before })
    const { changes, gaps } = apply(api, failover, { verdicts: after, publish: 'endpointSlices' })
    expect(changes.slice(0, 2)).toEqual(['update EndpointSlice', 'update EndpointSlice'])
    expect(gaps).toEqual([])
  })

  test('an address that moves to another slice is there before it leaves', () => {
    const api = started(declaredService({ targets: [address('10.0.0.1'), address('10.0.0.2'), far] }), { verdicts: { '10.0.0.2': 'unready', '10.0.0.9': 'unready' } })
    const moved = declaredService({ targets: [address('10.0.0.1', { ports: { pg: 6433 } }), address('10.0.0.2'), far] })
    expect(apply(api, moved, { verdicts: { '10.0.0.2': 'unready', '10.0.0.9': 'unready' } }).gaps).toEqual([])
  })
})

describe('switching publish', () => {
  const started2 = (publish: Publish): MemoryApi => {
    const api = started(db, { publish })
    api.mirror()
    return api
  }
  const isServed = (api: MemoryApi): boolean => servedBy(api.current('shop', 'db')).length === 2

  test('both to endpointSlices: Endpoints go, last', () => {
    expect(apply(started2('both'), db, { publish: 'endpointSlices' })).toEqual({ changes: ['delete Endpoints'], gaps: [] })
  })

  test('endpointSlices to both: Endpoints come, with skip-mirror from the first moment', () => {
    const api = started2('endpointSlices')
    expect(apply(api, db)).toEqual({ changes: ['create Endpoints'], gaps: [] })
    expect(api.current('shop', 'db').endpoints?.metadata.labels?.[skipMirrorLabel]).toBe('true')
  })

  test.each(['both', 'endpointSlices'] as const)('endpoints to %s: slices come first, and mirrored ones go by the mirror\'s hand', (publish) => {
    const api = started2('endpoints')
    const { changes, gaps } = apply(api, db, { publish, isMirroring: true })
    expect(changes[0]).toBe('create EndpointSlice')
    expect(changes).not.toContain('delete EndpointSlice')
    expect(gaps).toEqual([])
    api.mirror()
    expect(isServed(api)).toBe(true)
    expect(api.current('shop', 'db').slices.filter(isMirrored)).toEqual([])
  })

  test.each(['both', 'endpointSlices'] as const)('%s to endpoints: our slices stay until mirrored ones are there', (publish) => {
    const api = started2(publish)
    const waiting = planOf(db, api.current('shop', 'db'), { publish: 'endpoints', isMirroring: true })
    expect(waiting.awaitsMirror).toBe(true)
    expect(waiting.afterwards).toBe('Then 1 EndpointSlice goes, once the Endpoints are mirrored')
    const { changes, gaps } = apply(api, db, { publish: 'endpoints', isMirroring: true })
    expect(changes).toEqual([publish === 'both' ? 'update Endpoints' : 'create Endpoints'])
    expect(gaps).toEqual([])
    expect(apply(api, db, { publish: 'endpoints', isMirroring: true }).changes).toEqual([])
    api.mirror()
    expect(apply(api, db, { publish: 'endpoints', isMirroring: true })).toEqual({ changes: ['delete EndpointSlice'], gaps: [] })
    expect(isServed(api)).toBe(true)
  })

  test('to endpoints: mirrored slices of one family alone are not enough', () => {
    const api = new MemoryApi(['IPv4', 'IPv6'])
    const dual = declaredService({ targets: [address('10.0.0.1'), address('2001:db8::1')], ipFamilyPolicy: 'PreferDualStack' })
    const seen: Seen = { families: ['IPv4', 'IPv6'], isMirroring: true }
    apply(api, dual, seen)
    apply(api, dual, { ...seen, publish: 'endpoints' })
    api.mirror()
    const { slices, ...rest } = api.current('shop', 'db')
    const half = { ...rest, slices: slices.filter((slice) => !isMirrored(slice) || slice.addressType === 'IPv4') }
    expect(planOf(dual, half, { ...seen, publish: 'endpoints' })).toMatchObject({ awaitsMirror: true, changes: [] })
    expect(planOf(dual, { ...rest, slices }, { ...seen, publish: 'endpoints' }).changes.map(({ verb }) => verb)).toEqual(['delete', 'delete'])
  })

  test('to endpoints: slices that the mirroring controller packed in its own way are enough', () => {
    const api = new MemoryApi()
    const ports = [port('a', 1), port('b', 2)]
    const two = declaredService({ ports, targets: [address('10.0.0.1'), address('10.0.0.1', { ports: { a: 11 } })] })
    apply(api, two)
    apply(api, two, { publish: 'endpoints', isMirroring: true })
    const repacked = [[{ name: 'b', port: 2 }], [{ name: 'a', port: 1 }], [{ name: 'a', port: 11 }]].map((each, index): EndpointSlice => ({
      apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4', ports: each, endpoints: [{ addresses: ['10.0.0.1'] }],
      metadata: {
        name: `db-${index}`, namespace: 'shop',
        labels: { ...api.current('shop', 'db').endpoints?.metadata.labels, [serviceNameLabel]: 'db', [sliceManagedByLabel]: mirroringController },
      },
    }))
    for (const slice of repacked.slice(1)) api.put(slice)
    expect(planOf(two, api.current('shop', 'db'), { publish: 'endpoints', isMirroring: true }).awaitsMirror).toBe(true)
    for (const slice of repacked.slice(0, 1)) api.put(slice)
    const plan = planOf(two, api.current('shop', 'db'), { publish: 'endpoints', isMirroring: true })
    expect([plan.awaitsMirror, ...plan.changes.map(({ verb }) => verb)]).toEqual([undefined, 'delete', 'delete'])
  })

  test('a quiet world in publish: endpoints waits for nothing', () => {
    const api = started2('endpoints')
    expect(planOf(db, api.current('shop', 'db'), { publish: 'endpoints', isMirroring: true }).awaitsMirror).toBeUndefined()
  })

  test('where nobody mirrors (a directory) nothing is waited for', () => {
    expect(apply(started2('both'), db, { publish: 'endpoints', isMirroring: false }).changes).toEqual(['update Endpoints', 'delete EndpointSlice'])
  })

  test('mirrored leftovers of ours beside our slices go once skip-mirror is set', () => {
    const api = started2('endpoints')
    apply(api, db, { isMirroring: true })
    expect(apply(api, db, { isMirroring: true })).toEqual({ changes: ['delete EndpointSlice'], gaps: [] })
  })
})

describe('a Service made anew by hand', () => {
  function remade(): MemoryApi {
    const api = started()
    const current = api.current('shop', 'db').service
    if (current === undefined) throw new Error('No Service')
    api.put({ ...current, metadata: { ...current.metadata, uid: 'another' } })
    return api
  }

  test('has objects with the stale owner made anew: what comes is there before what goes', () => {
    const api = remade()
    const { changes, gaps } = apply(api, db)
    expect(changes).toEqual(['create EndpointSlice', 'delete Endpoints', 'create Endpoints', 'delete EndpointSlice'])
    expect(gaps).toEqual([])
    expect(api.objects().flatMap(({ metadata }) => (metadata.ownerReferences ?? []).map(({ uid }) => uid))).toEqual(['another', 'another'])
  })

  test('keeps what DNS does not answer for', () => {
    const api = remade()
    apply(api, db)
    expect(servedBy(api.current('shop', 'db'))).toEqual(['10.0.0.1:5432', '10.0.0.2:5432'])
  })

  test('that is gone is created, and its slices under new names', () => {
    const api = started()
    const { slices, endpoints } = api.current('shop', 'db')
    const plan = planOf(db, { namespace: 'shop', name: 'db', slices, ...(endpoints && { endpoints }) }, {})
    expect(plan.changes.map(({ verb }) => verb)).toEqual(['create', 'create', 'delete', 'create', 'delete'])
    const [, created] = plan.changes
    expect(created?.verb === 'create' && created.desired.metadata.name).toBe('db-ipv4-2')
  })

  test('leftover slices without an owner serve again under it', () => {
    const api = started()
    const slices = api.current('shop', 'db').slices.map((slice) => ({ ...slice, metadata: { ...slice.metadata, ownerReferences: null } }))
    const plan = planOf(db, { namespace: 'shop', name: 'db', slices }, {})
    expect(plan.changes.map((change) => `${change.verb} ${change.verb === 'delete' ? '' : change.desired.kind}`)).toEqual(['create Service', 'update EndpointSlice', 'create Endpoints'])
    expect(plan.changes[1]?.summary).toEqual(['owner added'])
  })
})

describe('--recreate', () => {
  const headless = declaredService({ targets, type: 'Headless' })

  test('deletes all, then makes all', () => {
    const { changes } = apply(started(), headless, { recreate: true })
    expect(changes).toEqual(['delete Service', 'delete EndpointSlice', 'delete Endpoints', 'create Service', 'create EndpointSlice', 'create Endpoints'])
  })

  test('leaves what DNS says nothing about as it was', () => {
    const api = started(db, { verdicts: { '10.0.0.1': 'unready' } })
    apply(api, headless, { recreate: true, isProbing: false })
    expect(servedBy(api.current('shop', 'db'))).toEqual(['!10.0.0.1:5432', '10.0.0.2:5432'])
  })
})

test('in any history no port that is served before and after is unserved in between', () => {
  const history = familiesOfCluster.chain((families) => fc.tuple(fc.constant(families), service, world(families), service, world(families)))
  fc.assert(fc.property(history, ([families, before, seenBefore, after, seenAfter]) => {
    const api = new MemoryApi(families)
    const slices = { publish: 'endpointSlices' as const }
    api.write(planOf(before, api.current('shop', 'db'), { ...seenBefore, families: families.slice(0, 1), ...slices }).changes)
    fc.pre(api.current('shop', 'db').service !== undefined && unservedPorts(api.current('shop', 'db')).length === 0)
    const gaps: string[][] = []
    api.write(planOf(after, api.current('shop', 'db'), { ...seenAfter, families: families.slice(0, 1), ...slices }).changes,
      () => gaps.push(unservedPorts(api.current('shop', 'db'))))
    fc.pre(unservedPorts(api.current('shop', 'db')).length === 0)
    expect(gaps.flat()).toEqual([])
  }), { numRuns: 300, maxSkipsPerRun: 1000 })
})
