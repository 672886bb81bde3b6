import { setImmediate as turn } from 'node:timers/promises'
import { type Clock } from '../../src/probe/clock.ts'

export interface FakeClock extends Clock {
  /** Lets time pass, timer by timer, each with all that follows from it. */
  readonly advance: (ms: number) => Promise<void>
  /** Time passes while nothing runs, as for a process that is stopped; then all that is overdue runs. */
  readonly stall: (ms: number) => Promise<void>
  readonly pending: () => number
}

export function fakeClock(): FakeClock {
  // Some time after the start, and no whole number, as of a real clock.
  let now = 1234.5
  let timers: { readonly at: number; readonly run: () => void }[] = []

  async function runUntil(end: number, tick: (at: number) => void): Promise<void> {
    for (;;) {
      const next = timers.reduce<(typeof timers)[number] | undefined>((first, timer) => (timer.at < (first?.at ?? Infinity) ? timer : first), undefined)
      if (next === undefined || next.at > end) return
      timers = timers.filter((timer) => timer !== next)
      tick(next.at)
      next.run()
      await turn()
    }
  }

  return {
    now: () => now,
    after(delayMs, run) {
      // Node warns of it.
      if (delayMs < 0) throw new RangeError(`A time in the past: ${delayMs}`)
      const timer = { at: now + delayMs, run }
      timers.push(timer)
      return () => { timers = timers.filter((each) => each !== timer) }
    },
    async advance(ms) {
      const end = now + ms
      await turn()
      await runUntil(end, (at) => { now = Math.max(now, at) })
      now = end
    },
    async stall(ms) {
      now += ms
      await runUntil(now, () => undefined)
    },
    pending: () => timers.length,
  }
}
