import { type ProbeOutcome } from '../model/observed.ts'

/** What an attempt found, before its latency is known. */
export interface Finding {
  readonly ok: boolean
  readonly reason: string
}

/**
 * Runs one attempt within a total deadline, for every kind of check. `run` returns what it found or throws what the
 * socket said; an error's code becomes the reason. Rejects only on the caller's abort, and on an error without a code: a bug.
 */
export async function attempt(
  timeoutSeconds: number,
  signal: AbortSignal,
  run: (signal: AbortSignal) => Promise<Finding>,
): Promise<ProbeOutcome> {
  signal.throwIfAborted()
  const startedAt = performance.now()
  const end = new AbortController()
  // Not AbortSignal.any and .timeout: the caller's signal lives as long as the process, so nothing may stay attached to it.
  const stop = (): void => { end.abort() }
  const timer = setTimeout(stop, timeoutSeconds * 1000)
  signal.addEventListener('abort', stop)
  try {
    // The race holds the deadline also where `run` waits for what cannot be aborted.
    const { ok, reason } = await Promise.race([run(end.signal), rejectOnAbort(end.signal)])
    return { ok, latencyMs: since(startedAt), reason }
  } catch (error) {
    signal.throwIfAborted()
    return { ok: false, latencyMs: since(startedAt), reason: end.signal.aborted ? 'timeout' : codeOf(error) }
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
}

/** The code and never the message: a message can hold what was sent, secrets included. */
export function codeOf(error: unknown): string {
  const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  if (typeof code !== 'string') throw error
  return code
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => { reject(signal.reason as Error) }, { once: true })
  })
}

function since(startedAt: number): number {
  return Math.round((performance.now() - startedAt) * 10) / 10
}
