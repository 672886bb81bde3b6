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
/** What could not be deleted for want of a right is no reason to list everything every three seconds. */
const longestRetryMs = 600_000

/** whole: all was done. partly: something could not be deleted, and may be the next time. */
export type Resynced = 'whole' | 'partly'

/**
 * `work` does one; where it fails it is told, and tried again in three seconds: the cluster may just be away. It is told
 * when another config is there: what that one says is not to wait for name servers that this one waits for. One that was
 * done in part is tried again later and later.
 */
export function openResync(work: (signal: AbortSignal, outdated: AbortSignal) => Promise<Resynced>, tell: Tell, now: () => number): Resync {
  const stopped = new AbortController()
  const { signal } = stopped
  let lastAt: number | undefined
  let current: Promise<void> | undefined
  let next: Promise<void> | undefined
  let retry: NodeJS.Timeout | undefined
  let outdated = new AbortController()
  let partly = 0

  /** How it went, as how soon it is to be tried again: in ms. */
  const once = async (cause: ResyncCause): Promise<number | undefined> => {
    const startedAt = performance.now()
    outdated = new AbortController()
    try {
      const resynced = await work(signal, outdated.signal)
      // What it left to the next one it has not done.
      if (outdated.signal.aborted) return undefined
      lastAt = now()
      tell({ kind: 'resync', cause, seconds: since(startedAt) })
      partly = resynced === 'partly' ? partly + 1 : 0
      return partly === 0 ? undefined : Math.min(longestRetryMs, retryMs * 2 ** (partly - 1))
    } catch (error) {
      if (!signal.aborted) tell({ kind: 'resync', cause, seconds: since(startedAt), error: (error as Error).message })
      return retryMs
    }
  }

  const begin = async (cause: ResyncCause): Promise<void> => {
    clearTimeout(retry)
    const againMs = await once(cause)
    if (againMs !== undefined && !signal.aborted) retry = setTimeout(() => { void ask(cause) }, againMs)
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
