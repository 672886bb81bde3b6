import { isExhausted, isOwnTrouble, reasonOfBug } from './own-trouble.ts'
import { type Done, type Outcome } from './start-probe.ts'

/** What an attempt found, before its latency is known. */
export interface Finding {
  readonly ok: boolean
  readonly reason: string
}

/** Begins an attempt and returns what stops it. Tells one of the two, later on; what it tells when it is over is not heard. */
export type Begin = (found: (finding: Finding) => void, failed: (error: unknown) => void) => () => void

// How late the deadline may be noticed before it says more about this process than about the target.
const stallMs = 500

/** One attempt within a total deadline, for every kind of check. An error's code becomes the reason. Returns what stops it. */
export function withinDeadline(timeoutSeconds: number, begin: Begin, done: Done): () => void {
  const startedAt = performance.now()
  let isOver = false
  let stop = (): void => undefined
  const timer = setTimeout(expire, timeoutSeconds * 1000)
  try {
    stop = begin(found, failed)
  } catch (error) {
    queueMicrotask(() => { failed(error) })
  }
  return letGo

  function letGo(): boolean {
    if (isOver) return false
    isOver = true
    clearTimeout(timer)
    stop()
    return true
  }

  function found({ ok, reason }: Finding): void {
    if (letGo()) done({ ok, latencyMs: since(startedAt), reason })
  }

  function failed(error: unknown): void {
    if (letGo()) done(outcomeOf(error, since(startedAt)))
  }

  function expire(): void {
    const latencyMs = since(startedAt)
    // A process that slept through the deadline has not waited for the target.
    const isStalled = latencyMs - timeoutSeconds * 1000 > stallMs
    // After what has arrived by now: where this process was held up, it waits behind the timers.
    setImmediate(() => { if (letGo()) done(isStalled ? { ok: undefined, reason: 'stalled' } : { ok: false, latencyMs, reason: 'timeout' }) })
  }
}

function outcomeOf(error: unknown, latencyMs: number): Outcome {
  const code = codeIn(error)
  if (code === undefined) return { ok: undefined, reason: reasonOfBug(error) }
  return isOwnTrouble(code) ? { ok: undefined, reason: code } : { ok: false, latencyMs, reason: code }
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
