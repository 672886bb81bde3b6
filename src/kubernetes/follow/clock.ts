import { setTimeout as sleep } from 'node:timers/promises'

export interface Clock {
  /** ms since the epoch. */
  readonly now: () => number
  /** ms that only grow, whatever becomes of the machine's time. */
  readonly elapsed: () => number
  /** Rejects when the signal is aborted. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<unknown>
}

export const machineClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  wait: (ms, signal) => sleep(ms, undefined, { signal }),
}
