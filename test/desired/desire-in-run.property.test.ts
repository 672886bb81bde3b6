// What holds of every service in every world that `run` may see, pass after pass.

import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Lasting } from '../../src/desired/answer-of.ts'
import { selectReady, type Candidate } from '../../src/desired/select-ready.ts'
import { whoRemains, type Leaver } from '../../src/desired/who-remains.ts'
import { type DeclaredService, type Family } from '../../src/model/declared.ts'
import { type Verdict } from '../../src/model/observed.ts'
import { answer, answersOf, familiesOfCluster, service, world } from '../support/arbitrary-world.ts'
import { MemoryApi } from '../support/memory-api.ts'
import { found, planOf, servedBy, type Seen } from '../support/one-service.ts'

const day = Date.parse('2026-11-22T00:00:00.000Z')
const hour = 3_600_000

const lasting: fc.Arbitrary<Lasting> = fc.record({
  whenStaleExpires: fc.constantFrom('keep' as const, 'unready' as const, 'remove' as const, 'remove' as const),
  maxStaleSeconds: fc.constantFrom(0, 3600, 7200), retainSeconds: fc.constantFrom(0, 3600),
})

/** An answer that may retain what another one names. */
function retaining(family: Family): ReturnType<typeof answer> {
  return fc.tuple(answer(family), answer(family), fc.integer({ min: 0, max: 5 })).map(([now, earlier, hours]) => {
    if (now.outcome !== 'found' || earlier.outcome !== 'found') return now
    const retained = earlier.addresses.filter((each) => !now.addresses.includes(each))
    return { ...found(...now.addresses), retained: retained.map((address) => ({ address, lastSeenAt: day + hours * hour })) }
  })
}

/** One service, of which `run` sees a world an hour. */
const hours = familiesOfCluster.chain((families) => fc.record({
  families: fc.constant(families), first: service, then: service, lasting,
  worlds: fc.array(world(families, answersOf(retaining)), { minLength: 2, maxLength: 5 }),
}))

function seenAt(world: Seen, index: number, api: MemoryApi, rules: Lasting): Seen {
  const families = api.current('shop', 'db').service?.spec.ipFamilies ?? api.families.slice(0, 1)
  return { ...world, families, lasting: rules, acceptAbsent: false, now: new Date(day + index * hour).toISOString() }
}

function pass(api: MemoryApi, declared: DeclaredService, seen: Seen): ReturnType<typeof planOf> {
  const plan = planOf(declared, api.current('shop', 'db'), seen)
  expect(api.write(plan.changes).failure).toBeUndefined()
  api.mirror()
  return plan
}

function readyIn(api: MemoryApi): string[] {
  return servedBy(api.current('shop', 'db')).filter((endpoint) => !endpoint.startsWith('!'))
}

describe('a Service in run', () => {
  test('never goes from some ready endpoints to none while its checks are not asked to empty it', () => {
    fc.assert(fc.property(hours, fc.boolean(), ({ families, first, then, lasting: rules, worlds }, isPassing) => {
      const api = new MemoryApi(families)
      for (const [index, world] of worlds.entries()) {
        // publishNone may empty it where checks fail; where none fails it may not either.
        const declared = { ...index === 0 ? first : then, ...(!isPassing && { whenAllUnready: 'publishAll' as const }) }
        const seen = seenAt({ ...world, refused: {}, publish: 'endpointSlices', ...(isPassing && { verdicts: {} }) }, index, api, rules)
        const hadReady = readyIn(api).length > 0
        pass(api, declared, seen)
        if (hadReady) expect(readyIn(api)).not.toEqual([])
      }
    }), { numRuns: 400 })
  })

  test('has nothing left to write once a pass is done', () => {
    fc.assert(fc.property(hours, ({ families, first, then, lasting: rules, worlds }) => {
      const api = new MemoryApi(families)
      for (const [index, world] of worlds.entries()) pass(api, index === 0 ? first : then, seenAt(world, index, api, rules))
      const last = worlds.length - 1
      const seen = seenAt(worlds[last] ?? {}, last, api, rules)
      pass(api, then, seen)
      pass(api, then, seen)
      expect(planOf(then, api.current('shop', 'db'), seen).changes.flatMap(({ summary }) => summary)).toEqual([])
    }), { numRuns: 300 })
  })
})

describe('whoRemains()', () => {
  const candidate = fc.record({ verdict: fc.constantFrom<Verdict>('ready', 'unready', 'unprobed'), drain: fc.boolean(), isExpired: fc.boolean(), isLeaving: fc.boolean() })
  const policy = fc.record({ whenAllUnready: fc.constantFrom('publishAll' as const, 'publishNone' as const), panicThresholdPercent: fc.constantFrom(0, 30, 60, 100) })
  const readyOf = (how: Parameters<typeof selectReady>[0], all: readonly Candidate[]): boolean => selectReady(how, all).ready.includes(true)
  const remaining = (how: Parameters<typeof selectReady>[0], all: readonly Leaver[]): readonly Leaver[] => {
    const stays = whoRemains(how, all)
    return all.filter((_, index) => stays[index] === true)
  }

  test('leaves somebody, and somebody ready where somebody was', () => {
    fc.assert(fc.property(policy, fc.array(candidate, { maxLength: 6 }), (how, all) => {
      const left = remaining(how, all)
      expect(left.length > 0).toBe(all.length > 0)
      expect(readyOf(how, left) || !readyOf(how, all)).toBe(true)
      expect(left.filter(({ isLeaving }) => !isLeaving)).toEqual(all.filter(({ isLeaving }) => !isLeaving))
    }), { numRuns: 2000 })
  })

  test('never trades a target that passes for one that nobody has probed, or that fails', () => {
    fc.assert(fc.property(policy, fc.array(candidate, { maxLength: 6 }), (how, all) => {
      const canServe = ({ verdict, drain, isExpired }: Leaver): boolean => verdict === 'ready' && !drain && isExpired !== true
      fc.pre(all.some(canServe))
      expect(remaining(how, all).some(({ verdict }) => verdict === 'ready')).toBe(true)
    }), { numRuns: 2000 })
  })

  test('lets all leavers go where another passes, and is in service', () => {
    fc.assert(fc.property(policy, fc.array(candidate, { maxLength: 6 }), (how, all) => {
      fc.pre(all.some(({ verdict, drain, isExpired, isLeaving }) => verdict === 'ready' && !drain && !isExpired && !isLeaving))
      expect(remaining(how, all).filter(({ isLeaving }) => isLeaving)).toEqual([])
    }), { numRuns: 2000 })
  })
})
