import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { firstApart, type Failure } from '../../src/desired/first-apart.ts'
import { doubtNow, noDoubt, type Doubt, type FailedService } from '../../src/desired/network-doubt.ts'

const addresses = fc.subarray(['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5'], { minLength: 1 })
const failures = fc.array(fc.record({ addresses, failedAt: fc.nat(40), periodMs: fc.constantFrom(1, 5, 20), isOpen: fc.boolean() }), { maxLength: 12 })
  .map((list) => list.sort((a, b) => a.failedAt - b.failedAt))

describe('firstApart()', () => {
  test('finds what a look at every pair finds', () => {
    const isApart = (earlier: Failure, later: Failure): boolean =>
      !earlier.addresses.some((address) => later.addresses.includes(address))
      && (later.failedAt - earlier.failedAt <= Math.max(earlier.periodMs, later.periodMs) || (earlier.isOpen && later.isOpen))
    fc.assert(fc.property(failures, (list) => {
      expect(firstApart(list)).toBe(list.find((later, index) => list.slice(0, index).some((earlier) => isApart(earlier, later))))
    }), { numRuns: 2000 })
  })
})

interface Step {
  readonly afterMs: number
  readonly key: number
}

const world = fc.array(fc.record({ addresses, periodMs: fc.constantFrom(1000, 5000, 20_000), hasServed: fc.constantFrom(true, true, true, false) }), { minLength: 1, maxLength: 6 })
/** At each step one service fails, or recovers where it failed. */
const steps: fc.Arbitrary<readonly Step[]> = fc.array(fc.record({ afterMs: fc.constantFrom(0, 500, 900, 4000, 15_000, 60_000), key: fc.nat(5) }), { maxLength: 25 })

/** Every answer on the way, asked at each step and whenever a pending time is over, with what had failed by then. */
function* answers(services: readonly Pick<FailedService, 'addresses' | 'periodMs' | 'hasServed'>[], taken: readonly Step[], probed: number): Generator<{ now: number; failed: readonly FailedService[]; before: Doubt; doubt: Doubt }> {
  const failed = new Map<string, FailedService>()
  let before = noDoubt
  let now = 0
  const ask = (): { now: number; failed: readonly FailedService[]; before: Doubt; doubt: Doubt } => {
    const answer = { now, failed: [...failed.values()], before, doubt: doubtNow([...failed.values()], probed, before, now) }
    before = answer.doubt
    return answer
  }
  for (const { afterMs, key } of [...taken, { afterMs: 1_000_000, key: -1 }]) {
    const next = now + afterMs
    for (let due = Math.min(...before.pending.values()); due <= next; due = Math.min(...before.pending.values())) {
      now = Math.max(now, due)
      yield ask()
    }
    now = next
    const service = services[key]
    if (service === undefined) continue
    if (!failed.delete(String(key))) failed.set(String(key), { ...service, key: String(key), failedAt: now })
    yield ask()
  }
}

describe('doubtNow()', () => {
  test('answers for services that failed and have served, each in doubt or pending or neither', () => {
    fc.assert(fc.property(world, steps, (services, taken) => {
      for (const { failed, doubt: { inDoubt, pending } } of answers(services, taken, 9)) {
        const served = failed.filter(({ hasServed }) => hasServed).map(({ key }) => key)
        expect([...inDoubt, ...pending.keys()].filter((key) => !served.includes(key))).toEqual([])
        expect([...inDoubt].filter((key) => pending.has(key))).toEqual([])
      }
    }), { numRuns: 500 })
  })

  test('judges nobody before one of its periods has passed, and everybody not in doubt in the end', () => {
    fc.assert(fc.property(world, steps, (services, taken) => {
      let last = noDoubt
      for (const { now, failed, doubt } of answers(services, taken, 9)) {
        const judged = failed.filter(({ key, hasServed }) => hasServed && !doubt.inDoubt.has(key) && !doubt.pending.has(key))
        expect(judged.filter(({ failedAt, periodMs }) => now < failedAt + periodMs)).toEqual([])
        last = doubt
      }
      expect(last.pending).toEqual(new Map())
    }), { numRuns: 500 })
  })

  test('doubts while two fail with no address in common, of those it doubted', () => {
    fc.assert(fc.property(world, steps, (services, taken) => {
      for (const { failed, before, doubt: { inDoubt } } of answers(services, taken, 9)) {
        const held = failed.filter(({ key }) => before.inDoubt.has(key))
        const hasTwo = held.some((one) => held.some((other) => !one.addresses.some((address) => other.addresses.includes(address))))
        if (hasTwo) expect(held.filter(({ key }) => !inDoubt.has(key))).toEqual([])
        if (inDoubt.size > 0) expect(inDoubt.size).toBeGreaterThan(1)
      }
    }), { numRuns: 500 })
  })

  test('judges nobody in an outage of the own network that takes and gives back everybody within a period', () => {
    const everybody = fc.integer({ min: 2, max: 8 }).chain((count) => fc.record({
      falls: fc.array(fc.nat(10_000), { minLength: count, maxLength: count }),
      rises: fc.array(fc.nat(12_000), { minLength: count, maxLength: count }),
      lasts: fc.integer({ min: 10_001, max: 500_000 }),
    }))
    fc.assert(fc.property(everybody, ({ falls, rises, lasts }) => {
      const moments = [
        ...falls.map((at, key) => ({ at, key })), ...rises.map((at, key) => ({ at: lasts + at, key })),
      ].sort((a, b) => a.at - b.at)
      const taken = moments.map(({ at, key }, index) => ({ afterMs: at - (moments[index - 1]?.at ?? 0), key }))
      const services = falls.map((_, key) => ({ addresses: [`10.0.1.${key}`], periodMs: 10_000, hasServed: true }))
      for (const { failed, doubt } of answers(services, taken, falls.length)) {
        expect(failed.filter(({ key }) => !doubt.inDoubt.has(key) && !doubt.pending.has(key))).toEqual([])
      }
    }), { numRuns: 500 })
  })

  test('does not depend on the order, and changes none of its inputs', () => {
    fc.assert(fc.property(world, steps, (services, taken) => {
      for (const { now, failed, before, doubt } of answers(services, taken, 9)) {
        expect(doubtNow(Object.freeze(failed.toReversed()), 9, before, now)).toEqual(doubt)
      }
    }), { numRuns: 200 })
  })
})
