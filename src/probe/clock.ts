/** Time as the engine needs it: `now` in ms never goes back and does not jump when the machine's clock is set. */
export interface Clock {
  readonly now: () => number
  /** Runs once, after at least so many ms; returns what calls it off. */
  readonly after: (delayMs: number, run: () => void) => () => void
}

export const monotonicClock: Clock = {
  now: () => performance.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs)
    return () => { clearTimeout(timer) }
  },
}
