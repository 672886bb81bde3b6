import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type HostMemory, nothingKnown, type Said } from '../../src/resolve/host-memory.ts'
import { nextAskAt } from '../../src/resolve/next-ask-at.ts'

const now = 7_000_000
const memory = (last: Said | undefined, streak: number, absences = 0): HostMemory => ({ ...nothingKnown, last, streak, absences })
const found = (seconds: number): Said => ({ outcome: 'found', endsAt: now + seconds * 1000 })
const absent = (seconds: number): Said => ({ outcome: 'absent', reason: 'NXDOMAIN', endsAt: now + seconds * 1000, confirmations: 3 })
const unknown: Said = { outcome: 'unknown', reason: 'timeout' }

test.each<[string, HostMemory, number, number, number]>([
  ['what was never asked is asked now', nothingKnown, 5, 0, 0],
  ['an answer is asked for at its end', memory(found(60), 2), 5, 0.99, 60],
  ['the first one may be held to its end', memory(found(60), 1), 5, 0, 60],
  ['the first one may be held for half of it', memory(found(60), 1), 5, 1, 30],
  ['the first one is held for the least time', memory(found(8), 1), 5, 0, 5],
  ['where that leaves no room, for longer than its time', memory(found(5), 1), 5, 1, 10],
  ['a confirmed absence is asked for at its end', memory(absent(300), 5, 3), 5, 0.5, 300],
  ['an absence that waits for confirmation is asked for soon', memory(absent(300), 1, 1), 5, 0.5, 5],
  ['at its end, where that is sooner', memory(absent(3), 1, 2), 1, 0.5, 3],
  ['and not before the least time', memory(absent(300), 1, 2), 20, 0.5, 20],
  ['the first failure waits 1 s', memory(unknown, -1), 5, 0, 1],
  ['the second 2 s', memory(unknown, -2), 5, 0, 2],
  ['the third 4 s', memory(unknown, -3), 5, 0, 4],
  ['or 3 s by chance', memory(unknown, -3), 5, 1, 3],
  ['the sixth 30 s', memory(unknown, -6), 5, 0, 30],
  ['the thousandth 30 s', memory(unknown, -1000), 5, 0, 30],
  ['the two thousandth 30 s', memory(unknown, -2000), 5, 0, 30],
])('nextAskAt() %s', (...[, before, minTTLSeconds, random, seconds]) => {
  expect(nextAskAt(before, now, { minTTLSeconds }, random) - now).toBe(seconds * 1000)
})

test('nextAskAt() is never at once, hardly after the end of an answer, and never never', () => {
  const said = fc.oneof(fc.integer({ min: 5, max: 3600 }).map(found), fc.integer({ min: 5, max: 3600 }).map(absent), fc.constant(unknown))
  fc.assert(fc.property(said, fc.integer({ min: 1, max: 5000 }), fc.nat(5), fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (last, count, absences, random) => {
    const wait = nextAskAt(memory(last, last.outcome === 'unknown' ? -count : count, absences), now, { minTTLSeconds: 5 }, random) - now
    expect(wait).toBeGreaterThanOrEqual(last.outcome === 'unknown' ? 750 : 5000)
    expect(wait).toBeLessThanOrEqual(last.outcome === 'unknown' ? 30_000 : Math.max(last.endsAt - now, 5000 + last.endsAt - now))
  }))
})
