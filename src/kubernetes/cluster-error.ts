/** What the API server says of a failed call: a `Status` object. */
interface StatusBody {
  readonly kind?: string
  readonly message?: string
  readonly reason?: string
  readonly details?: {
    readonly causes?: readonly { readonly reason?: string; readonly message?: string; readonly field?: string }[]
    readonly retryAfterSeconds?: number
  }
}

interface ClusterErrorFacts {
  /** HTTP status; missing where no answer came. */
  readonly status?: number
  /** Status.reason, such as `AlreadyExists`; or the code of a network error, such as `ECONNREFUSED`. */
  readonly reason: string
  readonly retryable: boolean
  readonly retryAfterMs?: number | undefined
  /** Reasons of Status.details.causes, such as `NamespaceTerminating`. */
  readonly causes?: readonly string[]
  readonly cause?: unknown
}

/** A call that the API server refused, or that got no answer. The message never holds headers or raw bodies. */
export class ClusterError extends Error {
  override name = 'ClusterError' as const
  readonly status: number | undefined
  readonly reason: string
  readonly retryable: boolean
  readonly retryAfterMs: number | undefined
  readonly causes: readonly string[]

  constructor(message: string, facts: ClusterErrorFacts) {
    super(message, { cause: facts.cause })
    this.status = facts.status
    this.reason = facts.reason
    this.retryable = facts.retryable
    this.retryAfterMs = facts.retryAfterMs
    this.causes = facts.causes ?? []
  }
}

// A 500 by its number, but the object is what is wrong: trying again gives the same answer for ever.
const finalServerErrors = ['failed to create typed patch object', 'failed to convert new object']

/** The error that an HTTP answer outside 2xx stands for. `retryAfter` is the header, in seconds or as a date. */
export function refusal(status: number, body: string, retryAfter: string | undefined): ClusterError {
  const said = parseStatus(body)
  const message = said.message ?? `The API server answered with status ${status}`
  const isFinal = finalServerErrors.some((start) => message.startsWith(start))
  return new ClusterError(message, {
    status,
    reason: said.reason ?? '',
    retryable: (status === 429 || status >= 500) && !isFinal,
    retryAfterMs: waitMs(retryAfter ?? said.details?.retryAfterSeconds?.toString()),
    causes: causesOf(said),
  })
}

// A wrong certificate or an unknown authority stays wrong; anything else on the wire may pass.
const finalNetworkErrors = /^(CERT_|ERR_TLS_|ERR_SSL_|ERR_OSSL_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|HOSTNAME_MISMATCH|ERR_INVALID_)/

/** The error that a failure on the wire stands for; undefined for what is no network failure but a bug. */
export function networkFailure(error: unknown, server: string): ClusterError | undefined {
  const { name, code, message: said } = error as { readonly name?: unknown; readonly code?: unknown; readonly message?: unknown }
  if (name === 'TimeoutError') {
    return new ClusterError(`The API server did not answer in time: ${server}`, { reason: 'Timeout', retryable: true, cause: error })
  }
  // It comes without a code, and with the bytes that it did not understand: they are not kept.
  if (name === 'HTTPParserError') {
    return new ClusterError(`The answer is not HTTP as it should be: ${server}`, { reason: 'HTTPParserError', retryable: true })
  }
  // Without a code too, and with the proxy's password.
  if (isOfSocks(error)) return new ClusterError(`The API server cannot be reached: ${server}: SOCKS proxy: ${String(said)}`, { reason: 'SOCKS', retryable: true })
  if (typeof code !== 'string') return undefined
  const message = `The API server cannot be reached: ${server}: ${describe(code, typeof said === 'string' ? said : '')}`
  return new ClusterError(message, { reason: code, retryable: !finalNetworkErrors.test(code), cause: error })
}

function isOfSocks(error: unknown): boolean {
  const { options } = error as { readonly options?: { readonly proxy?: unknown; readonly destination?: unknown } | null }
  return error instanceof Error && options?.proxy !== undefined && options.destination !== undefined
}

/** True where nobody answered, or who answered does not know us: no call of ours can succeed. */
export function isUnreachable({ status }: ClusterError): boolean {
  return status === undefined || status === 401
}

export function hasStatus(error: unknown, ...statuses: readonly number[]): error is ClusterError {
  return error instanceof ClusterError && error.status !== undefined && statuses.includes(error.status)
}

function describe(code: string, said: string): string {
  return said.includes(code) ? said : [code, said].filter((part) => part !== '').join(': ')
}

function parseStatus(body: string): StatusBody {
  try {
    const parsed = JSON.parse(body) as StatusBody | null
    return parsed?.kind === 'Status' ? parsed : {}
  } catch {
    // A proxy's page: its text says nothing that may be shown.
    return {}
  }
}

function causesOf({ details }: StatusBody): string[] {
  return (details?.causes ?? []).flatMap((cause) => cause.reason ?? [])
}

function waitMs(retryAfter: string | undefined): number | undefined {
  if (retryAfter === undefined) return undefined
  const seconds = Number(retryAfter)
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(retryAfter) - Date.now()
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined
}
