import { type Clock } from '../../../src/kubernetes/follow/clock.ts'

export interface FakeClock extends Clock {
  /** What is waited for at the moment, in ms from now. */
  readonly waits: () => readonly number[]
  /** Lets time pass, and everything that is due with it. */
  advance(ms: number): Promise<void>
}

interface Timer {
  readonly at: number
  readonly resolve: () => void
}

/** Time that passes when it is told to. */
export function fakeClock(): FakeClock {
  let elapsed = 0
  let timers: Timer[] = []
  return {
    now: () => 1_700_000_000_000 + elapsed,
    elapsed: () => elapsed,
    waits: () => timers.map(({ at }) => at - elapsed),
    wait: (ms, signal) => new Promise((resolve, reject) => {
      const timer = { at: elapsed + ms, resolve: () => { resolve(undefined) } }
      const abort = (): void => {
        timers = timers.filter((each) => each !== timer)
        reject(signal.reason as Error)
      }
      timers.push(timer)
      signal.addEventListener('abort', abort)
      if (signal.aborted) abort()
    }),
    async advance(ms) {
      elapsed += ms
      const due = timers.filter(({ at }) => at <= elapsed)
      timers = timers.filter(({ at }) => at > elapsed)
      for (const { resolve } of due) resolve()
      // Whoever waited goes on now.
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}
