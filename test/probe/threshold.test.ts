import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Verdict } from '../../src/model/observed.ts'
import { isDecided, nextStanding, standingBefore } from '../../src/probe/threshold.ts'

type Thresholds = Parameters<typeof nextStanding>[2]

const thresholds = (successThreshold: number, failureThreshold: number): Thresholds => ({ successThreshold, failureThreshold })
/** `+` is an attempt that passed, `-` one that failed. */
function standingAfter(before: Verdict, attempts: string, limits: Thresholds): ReturnType<typeof nextStanding> {
  return attempts.split('').reduce((standing, attempt) => nextStanding(standing, attempt === '+', limits), standingBefore(before))
}

describe('nextStanding()', () => {
  test.each<[Verdict, string, number, number, Verdict]>([
    ['ready', '+', 1, 3, 'ready'], ['ready', '-', 1, 3, 'ready'], ['ready', '--', 1, 3, 'ready'], ['ready', '---', 1, 3, 'unready'],
    ['ready', '--+--', 1, 3, 'ready'], ['ready', '--+---', 1, 3, 'unready'], ['ready', '-', 1, 1, 'unready'],
    ['unready', '-', 1, 3, 'unready'], ['unready', '+', 1, 3, 'ready'], ['unready', '+', 2, 3, 'unready'],
    ['unready', '++', 2, 3, 'ready'], ['unready', '+-+-+', 2, 3, 'unready'], ['unready', '+-++', 2, 3, 'ready'],
    ['unprobed', '+', 1, 3, 'ready'], ['unprobed', '+', 2, 3, 'unprobed'], ['unprobed', '--', 1, 3, 'unprobed'],
    ['unprobed', '---', 1, 3, 'unready'], ['unprobed', '-+', 1, 3, 'ready'], ['unprobed', '-+-+-', 2, 3, 'unprobed'],
    ['ready', '---+', 2, 3, 'unready'], ['ready', '---++', 2, 3, 'ready'],
  ])('moves %s by %s (success %d, failure %d) to %s', (before, attempts, success, failure, after) => {
    expect(standingAfter(before, attempts, thresholds(success, failure)).verdict).toBe(after)
  })

  test('holds the verdict of the last run that was long enough, whatever came before and after', () => {
    const attemptsOf = fc.string({ unit: fc.constantFrom('+', '-'), maxLength: 30 })
    const size = fc.integer({ min: 1, max: 4 })
    fc.assert(fc.property(fc.constantFrom<Verdict>('ready', 'unready', 'unprobed'), attemptsOf, size, size, (before, attempts, success, failure) => {
      const lastPassing = attempts.lastIndexOf('+'.repeat(success)) + success
      const lastFailing = attempts.lastIndexOf('-'.repeat(failure)) + failure
      const [ready, unready] = [attempts.includes('+'.repeat(success)), attempts.includes('-'.repeat(failure))]
      const expected = ready && (!unready || lastPassing > lastFailing) ? 'ready' : unready ? 'unready' : before
      expect(standingAfter(before, attempts, thresholds(success, failure)).verdict).toBe(expected)
    }))
  })
})

describe('isDecided()', () => {
  test.each<[Verdict, string, number, number, boolean]>([
    ['ready', '', 1, 3, false], ['ready', '+', 1, 3, true], ['ready', '+', 3, 3, true], ['ready', '-', 1, 3, false],
    ['ready', '--', 1, 3, false], ['ready', '--+', 1, 3, true], ['ready', '---', 1, 3, true],
    ['unready', '', 1, 3, false], ['unready', '-', 1, 3, false], ['unready', '---', 1, 3, true], ['unready', '+', 1, 3, true],
    ['unready', '+', 2, 3, false], ['unready', '++', 2, 3, true],
    ['unprobed', '', 1, 1, false], ['unprobed', '+', 1, 3, true], ['unprobed', '+', 2, 3, false], ['unprobed', '--', 1, 3, false],
    ['unprobed', '---', 1, 3, true], ['unprobed', '-', 1, 1, true],
  ])('of %s after "%s" (success %d, failure %d) is %s', (before, attempts, success, failure, expected) => {
    const limits = thresholds(success, failure)
    expect(isDecided(standingAfter(before, attempts, limits), limits)).toBe(expected)
  })
})
