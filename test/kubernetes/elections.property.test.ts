// Whatever the network loses, delays and answers late, and whoever is stopped for however long: one leader at a time,
// no write of an earlier one within the term of a later, and always a leader again.

import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { leaseDurations } from '../../src/kubernetes/lease-decision.ts'
import { type LeaseLeadership, standForElection } from '../../src/kubernetes/stand-for-election.ts'
import { virtualTime } from '../support/virtual-time.ts'
import { leaseServer, machine, type Passage } from './lease-server.ts'

const processes = 3
const troubledMs = 90_000
/** A call's window may run out first; then the duration, two retries and a claim. */
const recoveredMs = 5000 + leaseDurations.leaseMs + 2 * 1.2 * leaseDurations.retryMs + 5000

const passage: fc.Arbitrary<Passage> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ thereMs: fc.integer({ min: 0, max: 50 }), backMs: fc.integer({ min: 0, max: 50 }) }) },
  { weight: 2, arbitrary: fc.record({ thereMs: fc.integer({ min: 0, max: 12_000 }), backMs: fc.integer({ min: 0, max: 12_000 }) }) },
  { weight: 1, arbitrary: fc.record({ thereMs: fc.constant(10), backMs: fc.constant(10), lost: fc.constantFrom('request' as const, 'answer' as const) }) },
)

const freeze = fc.record({ who: fc.nat(processes - 1), at: fc.nat(troubledMs), ms: fc.integer({ min: 100, max: 40_000 }) })
const outage = fc.record({ who: fc.nat(processes - 1), at: fc.nat(troubledMs), ms: fc.integer({ min: 100, max: 40_000 }) })
const skews = fc.array(fc.integer({ min: -3_600_000, max: 3_600_000 }), { minLength: processes, maxLength: processes })

const world = fc.record({
  passages: fc.infiniteStream(passage), jitters: fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
  freezes: fc.array(freeze, { maxLength: 4 }), outages: fc.array(outage, { maxLength: 3 }), skews, wallSkews: skews,
})

function draw<Value>(stream: Iterator<Value>): Value {
  return stream.next().value as Value
}

test('standForElection never has two leaders, nor a write outside of its term, and always has a leader again', async () => {
  await fc.assert(fc.asyncProperty(world, async ({ passages, jitters, freezes, outages, skews: offsets, wallSkews }) => {
    const time = virtualTime()
    const server = leaseServer(time)
    const faults: string[] = []
    const prompt = { thereMs: 2, backMs: 2 }
    const isOut = (who: number): boolean => outages.some((one) => one.who === who && one.at <= time.now() && time.now() < one.at + one.ms)
    const nextPassage = (who: number): Passage => {
      if (time.now() > troubledMs) return prompt
      const drawn = draw(passages)
      return isOut(who) ? { ...drawn, lost: 'request' } : drawn
    }
    const machines = offsets.map((skewMs) => machine(time, { skewMs, random: () => draw(jitters) }))
    // Until when a write that each of them may have begun can be under way.
    const writesUntil: number[] = offsets.map(() => 0)
    const leaderships: LeaseLeadership[] = machines.map((of, who) => {
      of.wallSkewMs = wallSkews[who] ?? 0
      return standForElection({
        client: server.client(of, () => nextPassage(who)), namespace: 'shop', name: 'lease', identity: `p${who}`, tell: () => undefined, clock: of.clock,
      })(() => {
        const late = writesUntil.findIndex((until, other) => other !== who && until > time.now())
        if (late !== -1) faults.push(`${time.now()}: p${who} begins while p${late} may write until ${writesUntil[late] ?? 0}`)
      })
    })
    const look = (): void => {
      const leading = leaderships.flatMap((each, who) => (each.isLeading() ? [`p${who}`] : []))
      if (leading.length > 1) faults.push(`${time.now()}: ${leading.join(' and ')} lead`)
      leaderships.forEach((each, who) => {
        const windowMs = each.writeWindowMs()
        if (windowMs > 0) writesUntil[who] = time.now() + windowMs
      })
    }
    for (let at = 0; at < troubledMs; at += 500) {
      machines.forEach((self, who) => {
        const stopMs = freezes.filter((one) => one.who === who && one.at >= at && one.at < at + 500).map(({ ms }) => time.now() + ms)
        self.frozenUntil = Math.max(self.frozenUntil, ...stopMs)
      })
      await time.advance(500, look)
    }
    for (const self of machines) self.frozenUntil = Math.min(self.frozenUntil, time.now())
    await time.advance(12_000 + 12_000 + recoveredMs, look)
    expect(faults).toEqual([])
    expect(leaderships.filter((each) => each.isLeading())).toHaveLength(1)
    const stops = Promise.all(leaderships.map((each) => each.stop()))
    await time.advance(10_000)
    await stops
    expect([server.lease?.spec?.holderIdentity, time.waiting()]).toEqual(['', 0])
  }), { numRuns: 200, seed: 42, endOnFailure: true })
}, 60_000)
