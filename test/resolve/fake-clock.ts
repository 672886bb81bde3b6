import { setImmediate as turn } from 'node:timers/promises'
import { type Clock } from '../../src/resolve/clock.ts'

/** A clock that goes on when it is told to. */
export interface FakeClock extends Clock {
  /** Lets what was started come to rest, fires what is due on the way in its order, and lets that come to rest each time. */
  readonly pass: (ms: number) => Promise<void>
  readonly timers: () => number
}

export function fakeClock(start = 5_000_000): FakeClock {
  let now = start
  const timers = new Set<{ readonly at: number; readonly act: () => void }>()
  const nextBy = (end: number): { readonly at: number; readonly act: () => void } | undefined =>
    [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
  return {
    elapsed: () => now,
    after: (ms, act) => {
      const timer = { at: now + ms, act }
      timers.add(timer)
      return () => { timers.delete(timer) }
    },
    pass: async (ms) => {
      const end = now + ms
      await turn()
      for (let timer = nextBy(end); timer !== undefined; timer = nextBy(end)) {
        timers.delete(timer)
        now = Math.max(now, timer.at)
        timer.act()
        await turn()
      }
      now = end
      await turn()
    },
    timers: () => timers.size,
  }
}
