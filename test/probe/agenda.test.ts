import { describe, expect, test } from '@jest/globals'
import { newAgenda } from '../../src/probe/agenda.ts'
import { fakeClock } from './fake-clock.ts'

describe('newAgenda()', () => {
  test('runs each at its time, never later and at most a grain sooner', async () => {
    const clock = fakeClock()
    const { at } = newAgenda(clock, 10)
    const late: number[] = []
    for (const delay of [0, 3, 9.9, 10, 25, 1000, 999.5]) {
      const dueAt = clock.now() + delay
      at(dueAt, () => late.push(clock.now() - dueAt))
    }
    await clock.advance(2000)
    expect(late).toHaveLength(7)
    for (const ms of late) {
      expect(ms).toBeGreaterThan(-10)
      expect(ms).toBeLessThanOrEqual(0)
    }
  })

  test('runs at once what is overdue', async () => {
    const clock = fakeClock()
    let runs = 0
    newAgenda(clock).at(clock.now() - 5000, () => runs++)
    await clock.advance(0)
    expect(runs).toBe(1)
  })

  test('needs one timer for all of a grain, and none when all were called off', () => {
    const clock = fakeClock()
    const { at, callOff } = newAgenda(clock, 10)
    const runs = Array.from({ length: 100 }, () => () => undefined)
    for (const run of runs) at(2000, run)
    expect(clock.pending()).toBe(1)
    for (const run of runs) callOff(2000, run)
    expect(clock.pending()).toBe(0)
  })

  test('does not run what was called off, be it by one that runs at the same moment', async () => {
    const clock = fakeClock()
    const { at, callOff } = newAgenda(clock, 10)
    const ran: string[] = []
    const [second, third] = [() => ran.push('second'), () => ran.push('third')]
    at(2000, () => {
      ran.push('first')
      callOff(2000, second)
    })
    at(2000, second)
    at(2000, third)
    callOff(2000, third)
    await clock.advance(5000)
    expect(ran).toEqual(['first'])
  })

  test('runs again what asks for it while it runs, also in the same grain', async () => {
    const clock = fakeClock()
    const { at } = newAgenda(clock, 10)
    let runs = 0
    const run = (): void => { if (++runs < 5) at(2000, run) }
    at(2000, run)
    await clock.advance(5000)
    expect(runs).toBe(5)
  })
})
