import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { followSchedule, type Schedule } from '../../src/controller/follow-schedule.ts'
import { type Happening } from '../../src/model/happenings.ts'

let schedule: Schedule | undefined
let told: Happening[]
beforeEach(() => { jest.useFakeTimers({ now: 1_000_000 }); told = [] })
afterEach(() => {
  schedule?.stop()
  expect(jest.getTimerCount()).toBe(0)
  jest.useRealTimers()
})

function follow(expression: string, due: () => Promise<void>): Schedule {
  schedule = followSchedule(expression, due, (happening) => { told.push(happening) })
  return schedule
}

/** Counts its calls, which last until they are ended. */
function slowWork(): { readonly due: () => Promise<void>; readonly calls: () => number; readonly end: () => void } {
  const ends: (() => void)[] = []
  return {
    due: () => new Promise((resolve) => { ends.push(resolve) }),
    calls: () => ends.length,
    end: () => { for (const end of ends) end() },
  }
}

test('followSchedule() never calls while the last call is under way, and again after it', async () => {
  const { due, calls, end } = slowWork()
  follow('* * * * * *', due)
  await jest.advanceTimersByTimeAsync(3500)
  expect(calls()).toBe(1)
  end()
  await jest.advanceTimersByTimeAsync(1000)
  expect(calls()).toBe(2)
})

test('followSchedule() tells what the library has to say, and prints nothing', async () => {
  const printed = (['log', 'info', 'warn', 'error'] as const).map((level) => jest.spyOn(console, level).mockImplementation(() => undefined))
  follow('* * * * * *', slowWork().due)
  await jest.advanceTimersByTimeAsync(3500)
  expect(told[0]).toMatchObject({ kind: 'trouble', where: 'schedule', message: expect.stringContaining('still running') })
  expect(printed.map(({ mock }) => mock.calls)).toEqual([[], [], [], []])
})

test('followSchedule() goes by another expression from its change on, and by the same one as before', async () => {
  let calls = 0
  const due = (): Promise<void> => {
    calls += 1
    return Promise.resolve()
  }
  const following = follow('* * * * * *', due)
  await jest.advanceTimersByTimeAsync(1500)
  following.change('* * * * * *')
  await jest.advanceTimersByTimeAsync(1000)
  expect(calls).toBe(2)
  following.change('*/5 * * * * *')
  await jest.advanceTimersByTimeAsync(10_000)
  expect(calls).toBe(4)
})

test('followSchedule() goes by the clock as it is, also where that is put back by hours', async () => {
  let calls = 0
  const due = (): Promise<void> => {
    calls += 1
    return Promise.resolve()
  }
  follow('*/10 * * * *', due)
  jest.setSystemTime(1_000_000 - 6 * 3_600_000)
  await jest.advanceTimersByTimeAsync(3_600_000)
  expect(calls).toBe(6)
})

test('followSchedule() calls nobody after its stop', async () => {
  const { due, calls } = slowWork()
  follow('* * * * * *', due).stop()
  await jest.advanceTimersByTimeAsync(3000)
  expect(calls()).toBe(0)
})
