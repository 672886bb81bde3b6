// What holds of every service in every world, whatever came before.

import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { maxEndpointsPerSlice } from '../../src/desired/pack-slices.ts'
import { publishedNow } from '../../src/desired/published.ts'
import { type DeclaredService, type Family } from '../../src/model/declared.ts'
import { isMirrored } from '../../src/model/marks.ts'
import { type CurrentService } from '../../src/model/objects.ts'
import { answer, answersOf, familiesOfCluster, refused, service, world } from '../support/arbitrary-world.ts'
import { deepFreeze } from '../support/deep-freeze.ts'
import { MemoryApi } from '../support/memory-api.ts'
import { observed, planOf, servedBy, unknown, type Seen } from '../support/one-service.ts'

interface Step {
  readonly declared: DeclaredService
  readonly seen: Seen
}

/** Two passes on one cluster, each with a config and a world of its own. */
const history = familiesOfCluster.chain((families) => fc.record({
  families: fc.constant(families),
  before: fc.record({ declared: service, seen: world(families) }),
  after: fc.record({ declared: service, seen: world(families) }),
}))

/** Plans and applies; the families are those that the Service has. */
function pass(api: MemoryApi, { declared, seen }: Step): ReturnType<typeof planOf> {
  const plan = planOf(declared, api.current('shop', 'db'), withFamilies(api, seen))
  const { failure } = api.write(plan.changes)
  expect(failure).toBeUndefined()
  api.mirror()
  return plan
}

function withFamilies(api: MemoryApi, seen: Seen): Seen {
  const has = api.current('shop', 'db').service?.spec.ipFamilies
  return { ...seen, families: has ?? api.families.slice(0, 1) }
}

function started(families: readonly Family[], step: Step): MemoryApi {
  const api = new MemoryApi(families)
  pass(api, step)
  return api
}

function readyOf(current: CurrentService): string[] {
  return servedBy(current).filter((endpoint) => !endpoint.startsWith('!'))
}

describe('a plan', () => {
  test('of a state that was just reached is empty', () => {
    fc.assert(fc.property(history, ({ families, before, after }) => {
      const api = started(families, before)
      pass(api, after)
      pass(api, after)
      const plan = planOf(after.declared, api.current('shop', 'db'), withFamilies(api, after.seen))
      expect(plan.changes.flatMap(({ summary }) => summary)).toEqual([])
      expect(plan.changes).toEqual([])
    }), { numRuns: 300 })
  })

  test('applied leaves exactly the addresses that it reported', () => {
    fc.assert(fc.property(history, ({ families, before, after }) => {
      const api = started(families, before)
      const plan = pass(api, after)
      fc.pre(plan.status === 'done' || plan.status === 'kept')
      const { endpoints } = publishedNow(api.current('shop', 'db'))
      const reported = plan.addresses.filter(({ published }) => published !== 'out').map(({ address }) => address)
      expect([...new Set(endpoints.map(({ address }) => address))].sort()).toEqual([...new Set(reported)].sort())
      const ready = new Set(plan.addresses.filter(({ published }) => published === 'ready').map(({ address }) => address))
      expect(new Set(endpoints.filter((endpoint) => endpoint.ready).map(({ address }) => address))).toEqual(ready)
    }), { numRuns: 300 })
  })

  test('does not depend on the order of targets, answers and slices', () => {
    fc.assert(fc.property(history, fc.infiniteStream(fc.nat()), ({ families, before, after }, random) => {
      const api = started(families, before)
      const current = api.current('shop', 'db')
      const shuffled = <Item>(items: readonly Item[]): Item[] => items.map((item) => [random.next().value as number, item] as const)
        .sort(([a], [b]) => a - b).map(([, item]) => item)
      const answers = Object.fromEntries(shuffled(Object.entries(after.seen.answers ?? {})).map(([name, said]) => [name, Object.fromEntries(
        Object.entries(said).map(([family, resolution]) => [family, resolution.outcome === 'found' ? { ...resolution, addresses: shuffled(resolution.addresses) } : resolution]))]))
      const seen = withFamilies(api, after.seen)
      const published = (declared: DeclaredService, now: CurrentService, world: Seen): unknown => {
        const there = new MemoryApi(families)
        for (const object of api.objects()) there.put(object)
        const again = { ...now, ...there.current('shop', 'db'), slices: now.slices.map((slice) => there.current('shop', 'db').slices.find(({ metadata }) => metadata.name === slice.metadata.name) ?? slice) }
        expect(there.write(planOf(declared, again, world).changes).failure).toBeUndefined()
        return servedBy(there.current('shop', 'db'), 'direct')
      }
      expect(published({ ...after.declared, targets: shuffled(after.declared.targets) }, { ...current, slices: shuffled(current.slices) }, { ...seen, answers }))
        .toEqual(published(after.declared, current, seen))
    }), { numRuns: 200 })
  })

  test('changes none of its inputs', () => {
    fc.assert(fc.property(history, ({ families, before, after }) => {
      const api = started(families, deepFreeze(before))
      const current = deepFreeze(api.current('shop', 'db'))
      const seen = deepFreeze(withFamilies(api, after.seen))
      deepFreeze([...observed(after.declared, seen).resolutions.values()])
      expect(() => planOf(deepFreeze(after.declared), current, seen)).not.toThrow()
    }), { numRuns: 100 })
  })

  test('never publishes an address and port in two slices, nor more than 100 in one, nor a refused one', () => {
    fc.assert(fc.property(history, ({ families, before, after }) => {
      const api = started(families, before)
      pass(api, after)
      const slices = api.current('shop', 'db').slices.filter((slice) => !isMirrored(slice))
      const published = slices.flatMap(({ endpoints, ports }) => (endpoints ?? []).flatMap(({ addresses }) =>
        (ports ?? []).map(({ name, port }) => `${name ?? ''}=${addresses[0] ?? ''}:${port ?? ''}`)))
      expect(published.filter((each, index) => published.indexOf(each) !== index)).toEqual([])
      for (const { endpoints } of slices) expect(endpoints?.length ?? 0).toBeLessThanOrEqual(maxEndpointsPerSlice)
      expect(published.filter((each) => Object.keys(refused).some((address) => each.includes(`${address}:`)))).toEqual([])
    }), { numRuns: 300 })
  })
})

describe('not knowing', () => {
  const unknownOr = answersOf((family) => fc.oneof(fc.constant(unknown), answer(family)))
  const silence = answersOf(() => fc.constant(unknown))

  test('in any mixture never takes the last ready endpoint of a Service, while some host is unknown', () => {
    fc.assert(fc.property(history, familiesOfCluster.chain((families) => world(families, unknownOr)), ({ families, before, after }, seen) => {
      const api = started(families, before)
      const declared = { ...after.declared, targets: after.declared.targets.filter(({ host }) => host !== undefined), whenAllUnready: 'publishAll' as const }
      fc.pre(declared.targets.length > 0 && declared.targets.some(({ host, families: asked }) =>
        host !== undefined && asked.some((family) => seen.answers?.[host]?.[family]?.outcome === 'unknown')))
      // Accepted absence and a refused address are known, and may empty a Service.
      const careful = { ...seen, acceptAbsent: false, refused: {}, publish: 'endpointSlices' as const }
      fc.pre(readyOf(api.current('shop', 'db')).length > 0)
      pass(api, { declared, seen: careful })
      expect(readyOf(api.current('shop', 'db'))).not.toEqual([])
    }), { numRuns: 500 })
  })

  test('anything at all changes no published address', () => {
    fc.assert(fc.property(history, familiesOfCluster.chain((families) => world(families, silence)), ({ families, before }, seen) => {
      const api = started(families, before)
      const addresses = (): string[] => [...new Set(publishedNow(api.current('shop', 'db')).endpoints.map(({ address }) => address))].sort()
      const known = addresses()
      pass(api, { declared: before.declared, seen: { ...seen, publish: before.seen.publish ?? 'both' } })
      expect(addresses()).toEqual(known)
    }), { numRuns: 300 })
  })
})
