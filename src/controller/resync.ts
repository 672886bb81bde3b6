// Full resyncs, one at a time: those that are asked for while one is under way are one more after it.

import { type ResyncCause, type Tell } from '../model/happenings.ts'

export interface Resync {
  /** Resolves when a resync that began after this call has ended, well or not. */
  ask(cause: ResyncCause): Promise<void>
  /** When the last one that succeeded ended, in ms since the epoch. */
  lastAt(): number | undefined
  /** Begins no more; resolves when the one under way has ended. */
  stop(): Promise<void>
}

const retryMs = 3000

/**
 * `work` does one; where it fails it is told, and tried again in three seconds: the cluster may just be away. It is told
 * when another config is there: what that one says is not to wait for name servers that this one waits for.
 */
export function openResync(work: (signal: AbortSignal, outdated: AbortSignal) => Promise<void>, tell: Tell, now: () => number): Resync {
  const stopped = new AbortController()
  const { signal } = stopped
  let lastAt: number | undefined
  let current: Promise<void> | undefined
  let next: Promise<void> | undefined
  let retry: NodeJS.Timeout | undefined
  let outdated = new AbortController()

  const once = async (cause: ResyncCause): Promise<boolean> => {
    const startedAt = performance.now()
    outdated = new AbortController()
    try {
      await work(signal, outdated.signal)
      // What it left to the next one it has not done.
      if (outdated.signal.aborted) return true
      lastAt = now()
      tell({ kind: 'resync', cause, seconds: since(startedAt) })
      return true
    } catch (error) {
      if (!signal.aborted) tell({ kind: 'resync', cause, seconds: since(startedAt), error: (error as Error).message })
      return false
    }
  }

  const begin = async (cause: ResyncCause): Promise<void> => {
    clearTimeout(retry)
    if (!await once(cause) && !signal.aborted) retry = setTimeout(() => { void ask(cause) }, retryMs)
  }

  const ask = (cause: ResyncCause): Promise<void> => {
    if (signal.aborted) return Promise.resolve()
    if (current === undefined) {
      current = begin(cause).finally(() => { current = undefined })
      return current
    }
    if (cause === 'config') outdated.abort()
    next ??= current.then(() => { next = undefined; return ask(cause) })
    return next
  }

  return {
    ask,
    lastAt: () => lastAt,
    async stop() {
      stopped.abort()
      clearTimeout(retry)
      await Promise.allSettled([current, next])
    },
  }
}

function since(startedAt: number): number {
  return Math.round(performance.now() - startedAt) / 1000
}
