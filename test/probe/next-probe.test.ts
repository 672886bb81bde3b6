import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { nextProbeAt, nextRegularAt, type Pace, spreadPhase } from '../../src/probe/next-probe.ts'

const pace: Pace = { periodMs: 10_000, transitionMs: 1000, phaseAt: 500 }
const periodMs = fc.integer({ min: 1, max: 3_600_000 })
const phaseAt = fc.integer({ min: 0, max: 1_000_000_000 })
const time = fc.double({ min: 0, max: 1_000_000_000, noNaN: true })

describe('nextProbeAt()', () => {
  test.each<[string, number, number, boolean, number]>([
    ['a period after the begin, however long it took', 500, 2500, false, 10_500],
    ['in phase although it began late', 503.2, 504, false, 10_500],
    ['in phase after periods that were missed', 35_000, 35_001, false, 40_500],
    ['at its first regular time where it was begun at once', 100, 101, false, 500],
    ['at once where it took longer than a period', 500, 11_000, false, 11_000],
    ['soon within a streak, reckoned from the begin', 503.2, 1100, true, 1503.2],
    ['at once where it took longer than that', 500, 2500, true, 2500],
    ['back in phase after the streak', 2503, 2504, false, 10_500],
  ])('is %s', (_when, begunAt, endedAt, isMoving, expected) => {
    expect(nextProbeAt(pace, { begunAt, endedAt }, isMoving)).toBe(expected)
  })

  test('is never slower within a streak than without', () => {
    expect(nextProbeAt({ ...pace, periodMs: 300 }, { begunAt: 500, endedAt: 501 }, true)).toBe(800)
  })
})

describe('nextRegularAt()', () => {
  test('is the one time of the phase within a period from now on, now excluded', () => {
    fc.assert(fc.property(periodMs, phaseAt, time, (period, phase, at) => {
      const next = nextRegularAt({ periodMs: period, transitionMs: 1, phaseAt: phase }, at)
      expect(next).toBeGreaterThan(at)
      expect(next).toBeLessThanOrEqual(at + period)
      expect(Math.abs((next - phase) % period)).toBe(0)
    }))
  })

  test('is a whole period after a regular time', () => {
    fc.assert(fc.property(periodMs, phaseAt, fc.integer({ min: 0, max: 100_000 }), (period, phase, periods) => {
      const regular = phase + periods * period
      expect(nextRegularAt({ periodMs: period, transitionMs: 1, phaseAt: phase }, regular)).toBe(regular + period)
    }))
  })
})

describe('spreadPhase()', () => {
  test.each([[0, 1000], [0.25, 3500], [0.9999, 10_999]])('at random %d is %d', (random, expected) => {
    expect(spreadPhase(1000.4, 10_000, () => random)).toBe(expected)
  })
})
