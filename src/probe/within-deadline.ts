import { type NoAttempt, type ProbeOutcome } from '../model/observed.ts'
import { isExhausted, isOwnTrouble } from './own-trouble.ts'

/** What an attempt found, before its latency is known. */
export interface Finding {
  readonly ok: boolean
  readonly reason: string
}

/** Begins an attempt and returns what stops it. Tells one of the two, later on, and need not heed what it told too late. */
export type Begin = (found: (finding: Finding) => void, failed: (error: Error) => void) => () => void

// How late the deadline may be noticed before it says more about this process than about the target.
const stallMs = 500

/**
 * Runs one attempt within a total deadline, for every kind of check. An error's code becomes the reason. Rejects only on
 * the caller's abort, and on an error without a code: a bug.
 */
export function withinDeadline(timeoutSeconds: number, signal: AbortSignal, begin: Begin): Promise<ProbeOutcome | NoAttempt> {
  // By hand, without AbortSignal.any, events.once and races: they cost more than all the rest beyond the connection.
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const startedAt = performance.now()
    const stop = begin(found, failed)
    const timer = setTimeout(expire, timeoutSeconds * 1000)
    // The caller's signal may live as long as the process, so nothing may stay attached to it.
    signal.addEventListener('abort', abort)

    function letGo(): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
      stop()
    }

    function found({ ok, reason }: Finding): void {
      letGo()
      resolve({ ok, latencyMs: since(startedAt), reason })
    }

    function failed(error: Error): void {
      letGo()
      const code = codeIn(error)
      if (code === undefined) reject(error)
      else resolve(isOwnTrouble(code) ? { ok: undefined, reason: code } : { ok: false, latencyMs: since(startedAt), reason: code })
    }

    function expire(): void {
      // A process that slept through the deadline has not waited for the target.
      const isStalled = since(startedAt) - timeoutSeconds * 1000 > stallMs
      // After what has arrived by now: where this process was held up, it waits behind the timers.
      setImmediate(() => {
        letGo()
        resolve(isStalled ? { ok: undefined, reason: 'stalled' } : { ok: false, latencyMs: since(startedAt), reason: 'timeout' })
      })
    }

    function abort(): void {
      letGo()
      reject(signal.reason as Error)
    }
  })
}

/** What is said of a file that cannot be read. Throws an error that has no code, and one that says nothing about the file. */
export function codeOf(error: unknown): string {
  const code = codeIn(error)
  if (code === undefined || isExhausted(code)) throw error
  return code
}

/** The code and never the message: a message can hold what was sent, secrets included. */
function codeIn(error: unknown): string | undefined {
  const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}

function since(startedAt: number): number {
  return Math.round((performance.now() - startedAt) * 10) / 10
}
