import type { Dispatcher } from 'undici'
import { ClusterError, hasStatus, networkFailure, refusal } from './cluster-error.ts'
import { type Credentials, type Pass } from './credentials.ts'

export interface StreamReader {
  /** The server has said yes: what comes now may take any time. */
  opened(): void
  chunk(bytes: Uint8Array): void
}

export interface Streaming {
  readonly host: string
  readonly access: Credentials
  /** Rejects at once when the signal is aborted. */
  readonly send: (pass: Pass, signal: AbortSignal) => Promise<Dispatcher.ResponseData>
  /** Until the server has said yes or no. */
  readonly timeoutMs: number
}

/**
 * Reads one answer as it comes, for as long as it comes; where the server does not know us, once more with new credentials.
 * Rejects with ClusterError, with what the reader throws, or with the signal's reason: at once, also while connecting.
 */
export async function readStream(streaming: Streaming, reader: StreamReader, signal: AbortSignal): Promise<void> {
  const { access } = streaming
  const pass = await access.current(signal)
  try {
    await readOnce(streaming, pass, reader, signal)
  } catch (error) {
    if (!hasStatus(error, 401)) throw error
    access.renew(pass)
    await readOnce(streaming, await access.current(signal), reader, signal)
  }
}

async function readOnce({ host, send, timeoutMs }: Streaming, pass: Pass, reader: StreamReader, outer: AbortSignal): Promise<void> {
  const end = new AbortController()
  const abort = (): void => { end.abort(outer.reason) }
  const timer = setTimeout(() => { end.abort(new DOMException('Not answered in time', 'TimeoutError')) }, timeoutMs)
  outer.addEventListener('abort', abort)
  try {
    const { statusCode, headers, body } = await send(pass, end.signal)
    if (statusCode !== 200) throw refusal(statusCode, await body.text(), [headers['retry-after']].flat()[0])
    clearTimeout(timer)
    reader.opened()
    for await (const bytes of body) reader.chunk(bytes as Uint8Array)
  } catch (error) {
    outer.throwIfAborted()
    throw error instanceof ClusterError ? error : networkFailure(error, host) ?? error
  } finally {
    clearTimeout(timer)
    outer.removeEventListener('abort', abort)
    // Where the reader threw, the rest is not read.
    end.abort()
  }
}
