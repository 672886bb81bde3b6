// What went wrong, as one of a few words: a reason is free text, and every new label value is a series for good.

type Classes = readonly (readonly [name: string, pattern: RegExp])[]

const probeClasses: Classes = [
  ['timeout', /\btimeout\b|ETIMEDOUT/],
  ['refused', /ECONNREFUSED/],
  ['reset', /ECONNRESET|EPIPE|socket hang up/],
  ['unreachable', /E(HOST|NET)(UNREACH|DOWN)|EADDRNOTAVAIL|EACCES|EPERM/],
  ['tls', /CERT|_TLS_|_SSL_|EPROTO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH/],
  ['body', /^status \d+, /],
  ['status', /^status \d+$/],
]

const lookupClasses: Classes = [
  ['nxdomain', /^NXDOMAIN$/],
  ['nodata', /^NODATA$/],
  ['timeout', /\btimeout\b|ETIMEDOUT/],
  ['servfail', /SERVFAIL/],
  // Of the query by the server, or of the connection by its machine: nobody there who answers us.
  ['refused', /REFUSED/],
  ['network', /E(HOST|NET)(UNREACH|DOWN)|ECONNRESET|EAI_|connection closed/],
  ['malformed', /malformed|truncated|lame|FORMERR|CNAME/],
]

export type LookupOutcome = 'found' | 'absent' | 'unknown'

export const probeReasons: readonly string[] = [...probeClasses.map(([name]) => name), 'other']

/** Which classes an outcome of a look-up can have. */
export const lookupReasons: Readonly<Record<LookupOutcome, readonly string[]>> = {
  found: ['none'],
  absent: ['nxdomain', 'nodata'],
  unknown: [...lookupClasses.slice(2).map(([name]) => name), 'other'],
}

/** `none` for an attempt that passed. */
export function probeReason({ ok, reason }: { readonly ok: boolean; readonly reason: string }): string {
  return ok ? 'none' : classOf(probeClasses, reason)
}

/** `none` for an answer with addresses. Of several servers that failed differently, the class that stands first above. */
export function lookupReason(outcome: LookupOutcome, reason: string): string {
  return outcome === 'found' ? 'none' : classOf(lookupClasses, reason)
}

function classOf(classes: Classes, reason: string): string {
  return classes.find(([, pattern]) => pattern.test(reason))?.[0] ?? 'other'
}
