import { setTimeout as sleep } from 'node:timers/promises'
import { type ClusterError } from './cluster-error.ts'

export interface Pace {
  /** Of one try, from the moment it has a connection's slot. */
  readonly timeoutMs: number
  /** How long a try waits for credentials before that; a person may have to log in. */
  readonly credentialsMs: number
  readonly tries: number
  /** Counted from the first failure: no try begins later than this. */
  readonly totalMs: number
  readonly wait: (ms: number, signal: AbortSignal) => Promise<unknown>
}

export const defaultPace: Pace = {
  timeoutMs: 10_000,
  credentialsMs: 180_000,
  tries: 5,
  totalMs: 20_000,
  wait: (ms, signal) => sleep(ms, undefined, { signal }),
}

/**
 * Tries again what may pass: with growing pauses, or as long as the server asked for.
 * `judge` names a failure; what it does not know is a bug and goes straight through. Rejects with the last failure.
 */
export async function retry<T>(
  attempt: () => Promise<T>,
  judge: (error: unknown) => { readonly failure: ClusterError; readonly mostTries: number } | undefined,
  pace: Pace,
  signal: AbortSignal,
): Promise<T> {
  let giveUpAt = Infinity
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt()
    } catch (error) {
      signal.throwIfAborted()
      const judged = judge(error)
      if (judged === undefined) throw error
      giveUpAt = Math.min(giveUpAt, performance.now() + pace.totalMs)
      const pauseMs = judged.failure.retryAfterMs ?? backOffMs(tries)
      const isOver = tries >= judged.mostTries || performance.now() + pauseMs > giveUpAt
      if (isOver || !judged.failure.retryable) throw judged.failure
      await pace.wait(pauseMs, signal)
    }
  }
}

/** 200 ms, 400, 800 and so on, up to half of it taken off at random, so that many callers do not come back as one. */
function backOffMs(tries: number): number {
  const full = 200 * 2 ** (tries - 1)
  return full / 2 + Math.random() * (full / 2)
}
