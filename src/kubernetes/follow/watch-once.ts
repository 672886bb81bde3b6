import { type KubernetesClient } from '../client.ts'
import { ClusterError } from '../cluster-error.ts'
import { type Ending } from './after-watch.ts'
import { type Clock } from './clock.ts'
import { lineSplitter } from './line-splitter.ts'
import { garbled, parseWatchEvent, type Versioned, type WatchEvent } from './watch-event.ts'

export interface Watch<T extends Versioned> {
  readonly path: string
  readonly from: string
  readonly opened: () => void
  readonly hear: (event: Exclude<WatchEvent<T>, { type: 'ERROR' }>) => void
}

// Bookmarks come about once a minute.
const silenceMs = 90_000
const shortestSeconds = 240

/** Watches until it ends, for whatever reason; how it ended is the answer. Rejects for a bug alone. */
export async function watchOnce<T extends Versioned>(
  client: Pick<KubernetesClient, 'stream'>, { path, from, opened, hear }: Watch<T>, clock: Clock, signal: AbortSignal,
): Promise<Ending> {
  const silence = guardSilence(clock, signal)
  const linesOf = lineSplitter()
  const query = {
    watch: 'true', resourceVersion: from, allowWatchBookmarks: 'true', timeoutSeconds: String(shortestSeconds + Math.floor(Math.random() * 61)),
  }
  const chunk = (bytes: Uint8Array): void => {
    for (const line of linesOf(bytes)) {
      silence.broken()
      const event = parseWatchEvent<T>(line)
      if (event.type === 'ERROR') throw event.failure
      hear(event)
    }
  }
  const reader = { opened: () => { silence.broken(); opened() }, chunk: orGarbled(chunk) }
  try {
    await client.stream({ method: 'GET', path, query }, reader, silence.signal)
    return { kind: 'ended' }
  } catch (error) {
    if (signal.aborted) return { kind: 'interrupted' }
    if (silence.signal.aborted) return { kind: 'silent' }
    if (error instanceof ClusterError) return { kind: 'failed', failure: error }
    throw error
  } finally {
    silence.end()
  }
}

/** An object of a shape that nobody expects must not end the following for ever. */
function orGarbled(chunk: (bytes: Uint8Array) => void): (bytes: Uint8Array) => void {
  return (bytes) => {
    try {
      chunk(bytes)
    } catch (error) {
      throw error instanceof ClusterError ? error : garbled((error as Error).message, error)
    }
  }
}

interface SilenceGuard {
  /** Aborted after too long a silence, or with the outer signal. */
  readonly signal: AbortSignal
  broken(): void
  end(): void
}

/** A connection that died without a word would be listened to for ever. */
function guardSilence(clock: Clock, outer: AbortSignal): SilenceGuard {
  const ended = new AbortController()
  const end = (): void => { ended.abort(outer.reason) }
  outer.addEventListener('abort', end)
  if (outer.aborted) end()
  let heardAt = clock.elapsed()
  const guard = async (): Promise<void> => {
    for (;;) {
      const leftMs = heardAt + silenceMs - clock.elapsed()
      if (leftMs <= 0) {
        ended.abort(new Error('Silent for too long'))
        return
      }
      await clock.wait(leftMs, ended.signal)
    }
  }
  guard().catch(() => undefined)
  return {
    signal: ended.signal,
    broken: () => { heardAt = clock.elapsed() },
    end: () => {
      outer.removeEventListener('abort', end)
      ended.abort()
    },
  }
}
