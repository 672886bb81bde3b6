import { ClusterError } from '../cluster-error.ts'

/** As much of a listed or watched object as the following itself relies on. */
export interface Versioned {
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly uid?: string; readonly resourceVersion?: string }
}

/** One thing that happened to an object. */
export interface ObjectEvent<T extends Versioned> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly object: T
}

export type WatchEvent<T extends Versioned> =
  | ObjectEvent<T>
  /** Nothing happened to what is watched, up to this version. */
  | { readonly type: 'BOOKMARK'; readonly version: string }
  /** The watch is over. */
  | { readonly type: 'ERROR'; readonly failure: ClusterError }

interface Line {
  readonly type?: unknown
  readonly object?: {
    readonly metadata?: { readonly name?: unknown; readonly resourceVersion?: unknown } | null
    readonly code?: number; readonly reason?: string; readonly message?: string
  } | null
}

/** Reads one line of a watch. Throws ClusterError with the reason `Garbled` where it is none. */
export function parseWatchEvent<T extends Versioned>(line: string): WatchEvent<T> {
  const { type, object } = parsed(line)
  if (type === 'ERROR') return { type, failure: failureOf(object ?? {}) }
  const { name, resourceVersion: version } = object?.metadata ?? {}
  if (type === 'BOOKMARK' && typeof version === 'string') return { type, version }
  if (isChange(type) && typeof name === 'string') return { type, object: object as unknown as T }
  throw garbled(`neither an object nor a bookmark: ${String(type)}`)
}

function isChange(type: unknown): type is ObjectEvent<Versioned>['type'] {
  return type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED'
}

/** What the server sends is not what a watch sends. */
export function garbled(what: string, cause?: unknown): ClusterError {
  return new ClusterError(`The API server's watch cannot be read: ${what}`, { reason: 'Garbled', retryable: true, cause })
}

function parsed(line: string): Line {
  try {
    return (JSON.parse(line) ?? {}) as Line
  } catch (cause) {
    throw garbled('not JSON', cause)
  }
}

function failureOf({ code: status = 500, reason = '', message = 'The API server ended the watch' }: NonNullable<Line['object']>): ClusterError {
  return new ClusterError(message, { status, reason, retryable: status === 429 || status >= 500 })
}
