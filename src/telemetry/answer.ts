import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'

/** Answers one request; what it rejects with is told by who called it. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void

/** A short answer for people. */
export function answerText(response: ServerResponse, status: number, text: string, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers }).end(`${text}\n`)
}

// Who takes longer over some megabytes holds a place that Prometheus needs.
const longestMs = 30_000

/**
 * A long answer as fast as the reader takes it; ends when the reader is gone, and cuts off who takes more than `withinMs`.
 * Rejects with what the chunks reject with.
 */
export async function answerChunks(response: ServerResponse, contentType: string, chunks: AsyncIterable<string>, withinMs = longestMs): Promise<void> {
  const gone = new AbortController()
  const leave = (): void => { gone.abort() }
  const timer = setTimeout(() => { response.destroy() }, withinMs)
  response.once('close', leave)
  response.setHeader('content-type', contentType)
  try {
    for await (const chunk of chunks) await write(response, chunk, gone.signal)
    response.end()
  } catch (error) {
    if (!gone.signal.aborted) throw error
  } finally {
    clearTimeout(timer)
    response.off('close', leave)
  }
}

async function write(response: ServerResponse, chunk: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  if (!response.write(chunk)) await once(response, 'drain', { signal })
}
