import { type ClusterError } from '../cluster-error.ts'

/** Failures in a row of one sort: nobody answered, or who answered refused. */
export interface Streak {
  readonly failures: number
  readonly isAnswered: boolean
}

export const noStreak: Streak = { failures: 0, isAnswered: true }

const firstMs = 200
const mostMs = 30_000
const mostUnansweredMs = 5000
const longestRetryAfterMs = 300_000

/** `failure` is undefined where a watch was ended in order, but at once. A server that comes back is a new streak. */
export function lengthen(streak: Streak, failure: ClusterError | undefined): Streak {
  const isAnswered = failure?.status !== undefined || failure === undefined || failure.reason === 'Garbled'
  return { isAnswered, failures: isAnswered === streak.isAnswered ? streak.failures + 1 : 1 }
}

/**
 * How long to wait after a streak: 200 ms, doubled up to 30 s, up to half of it taken off by chance (`random` is in 0..1).
 * A server that does not answer is asked every 5 s at least: that costs it nothing, and what is missed meanwhile is put
 * right soon after. What the server asks for with Retry-After comes first.
 */
export function pauseMs({ failures, isAnswered }: Streak, failure: ClusterError | undefined, random: number): number {
  if (failure?.retryAfterMs !== undefined) return Math.min(failure.retryAfterMs, longestRetryAfterMs) * (1 + random / 5)
  const full = Math.min(isAnswered ? mostMs : mostUnansweredMs, firstMs * 2 ** (failures - 1))
  return full * (1 - random / 2)
}
