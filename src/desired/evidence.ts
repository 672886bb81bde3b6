// The only memory there is: which host an address came from, what its check said, since when a host is stale.
// It stands in an annotation, compact, so that one shot, restart and takeover all know the same.

import { type Family } from '../model/declared.ts'
import { evidenceAnnotation } from '../model/marks.ts'
import { type Verdict } from '../model/observed.ts'

export interface Evidence {
  /** host -> its addresses among those of this object. */
  readonly hosts: Readonly<Record<string, readonly string[]>>
  /** Addresses whose verdict is not `ready`. */
  readonly verdicts: ReadonlyMap<string, Exclude<Verdict, 'ready'>>
  /** host -> ISO time since which DNS has not confirmed its addresses. */
  readonly staleSince: Readonly<Record<string, string>>
}

/** By family, since each record type is asked on its own: host -> ISO time since which DNS has not confirmed its addresses. */
export type StaleSince = Readonly<Record<Family, Readonly<Record<string, string>>>>

export const nothingStale: StaleSince = { IPv4: {}, IPv6: {} }

export interface Witness {
  readonly address: string
  readonly hosts: readonly string[]
  readonly verdict: Verdict
}

const nothing: Evidence = { hosts: {}, verdicts: new Map(), staleSince: {} }

/** Reads the annotation; what is not readable (edited by hand) counts as nothing known. */
export function readEvidence(annotations: Readonly<Record<string, string>> | null | undefined): Evidence {
  const text = annotations?.[evidenceAnnotation]
  if (text === undefined) return nothing
  try {
    const parsed = JSON.parse(text) as { hosts?: unknown; unready?: unknown; unprobed?: unknown; staleSince?: unknown }
    const verdicts = [
      ...strings(parsed.unready).map((address) => [address, 'unready'] as const),
      ...strings(parsed.unprobed).map((address) => [address, 'unprobed'] as const),
    ]
    return {
      hosts: mapValues(parsed.hosts, strings),
      verdicts: new Map(verdicts),
      staleSince: mapValues(parsed.staleSince, (value) => (typeof value === 'string' ? value : '')),
    }
  } catch {
    return nothing
  }
}

/** The annotation's text, or undefined where there is nothing worth remembering. Same witnesses, same text. */
export function writeEvidence(witnesses: readonly Witness[], staleSince: Readonly<Record<string, string>>): string | undefined {
  const hosts = [...new Set(witnesses.flatMap((witness) => witness.hosts))].sort()
  const addressesOf = (has: (witness: Witness) => boolean): string[] =>
    witnesses.filter(has).map(({ address }) => address).sort()
  const unready = addressesOf(({ verdict }) => verdict === 'unready')
  const unprobed = addressesOf(({ verdict }) => verdict === 'unprobed')
  const stale = Object.entries(staleSince).filter(([host]) => hosts.includes(host)).sort(([a], [b]) => (a < b ? -1 : 1))
  if (hosts.length + unready.length + unprobed.length === 0) return undefined
  return JSON.stringify({
    ...(hosts.length > 0 && {
      hosts: Object.fromEntries(hosts.map((host) => [host, addressesOf((witness) => witness.hosts.includes(host))])),
    }),
    ...(unready.length > 0 && { unready }),
    ...(unprobed.length > 0 && { unprobed }),
    ...(stale.length > 0 && { staleSince: Object.fromEntries(stale) }),
  })
}

/** The texts of a list; none where it is no list. */
export function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : []
}

function mapValues<Value>(value: unknown, convert: (item: unknown) => Value): Record<string, Value> {
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(Object.entries(value as Record<string, unknown>).map(([key, item]) => [key, convert(item)]))
}
