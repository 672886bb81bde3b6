/** Durations and timers that a jump of the wall clock does not touch. */
export interface Clock {
  /** ms since some moment of this process. */
  readonly elapsed: () => number
  /** Calls `act` once, in `ms` or at the end of what one timer can wait, unless the returned function is called before. */
  readonly after: (ms: number, act: () => void) => () => void
}

/** Beyond it a timer fires at once. */
const longestTimerMs = 2 ** 31 - 1

/** The process's monotonic clock. */
export const processClock: Clock = {
  elapsed: () => performance.now(),
  after: (ms, act) => {
    const timer = setTimeout(act, Math.min(Math.ceil(ms), longestTimerMs))
    return () => { clearTimeout(timer) }
  },
}
