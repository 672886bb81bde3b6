import { describe, expect, test } from '@jest/globals'
import { type Verdict } from '../../src/model/observed.ts'
import { type Belief, beliefAfter, firstBelief, isMoving, withBelief } from '../../src/probe/belief.ts'

const thresholds = { successThreshold: 2, failureThreshold: 3 }
/** `+` is an attempt that passed, `-` one that failed. */
function believed(before: Verdict, attempts: string): Belief {
  return attempts.split('').reduce((belief, attempt) => beliefAfter(belief, attempt === '+', thresholds), firstBelief(before))
}

describe('withBelief()', () => {
  test.each<[Verdict, string, Verdict, Verdict]>([
    ['unprobed', '', 'unprobed', 'unprobed'], ['unprobed', '', 'unready', 'unready'], ['unprobed', '', 'ready', 'ready'],
    ['unready', '', 'unprobed', 'unready'], ['unready', '', 'ready', 'ready'],
    ['ready', '', 'unprobed', 'ready'], ['ready', '', 'unready', 'ready'],
    // Not decided yet: what another remembers still counts.
    ['unprobed', '--', 'ready', 'ready'], ['unready', '--', 'ready', 'ready'], ['unready', '+', 'ready', 'ready'],
    // Decided: it does not any more.
    ['unprobed', '---', 'ready', 'unready'], ['unready', '---', 'ready', 'unready'], ['ready', '---', 'ready', 'unready'], ['ready', '+---', 'ready', 'unready'], ['ready', '---+', 'ready', 'unready'],
  ])('of %s after "%s", with one that remembers %s, is %s', (before, attempts, remembered, verdict) => {
    expect(withBelief(believed(before, attempts), remembered).verdict).toBe(verdict)
  })

  test('keeps the streak', () => {
    expect(withBelief(believed('unprobed', '--'), 'ready').streak).toBe(-2)
  })
})

describe('isMoving()', () => {
  test.each<[Verdict, string, boolean]>([
    ['unprobed', '', true], ['unprobed', '-', true], ['unprobed', '+', true], ['unprobed', '++', false], ['unprobed', '---', false],
    ['ready', '', false], ['ready', '+', false], ['ready', '-', true], ['ready', '--', true], ['ready', '--+', false], ['ready', '---', false],
    ['unready', '', false], ['unready', '-', false], ['unready', '+', true], ['unready', '+-', false], ['unready', '++', false],
  ])('of %s after "%s" is %s', (before, attempts, expected) => {
    expect(isMoving(believed(before, attempts))).toBe(expected)
  })
})
