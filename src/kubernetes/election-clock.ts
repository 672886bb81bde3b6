import { setTimeout as sleep } from 'node:timers/promises'

export interface ElectionClock {
  /** ms of a clock that nobody sets. */
  readonly now: () => number
  /** ms since the epoch: for people who read the lease, never for a decision. */
  readonly wallNow: () => number
  readonly wait: (ms: number, signal: AbortSignal) => Promise<unknown>
  /** From 0 to 1. */
  readonly random: () => number
}

export const machineClock: ElectionClock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  wait: (ms, signal) => sleep(ms, undefined, { signal }),
  random: Math.random,
}
