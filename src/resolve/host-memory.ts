// What is remembered of one question (a host, a record type) and what is believed because of it: RULES 2 for one that is
// asked again and again. Pure; times in ms on the process's monotonic clock.

import { type ResolverSettings } from '../model/declared.ts'
import { type Resolution } from '../model/observed.ts'
import { type Bounds, type Held, holdAddresses, retainedLonger, retentionEndsAt as endOf, withoutExpired } from './held-addresses.ts'
import { type Ending } from './look-up.ts'
import { ttlMs } from './ttl-ms.ts'

export interface HostMemory {
  /** What the last look-up said; undefined before the first. */
  readonly last: Said | undefined
  /** Undefined until an answer named addresses, or an absence was confirmed. */
  readonly held: readonly Held[] | undefined
  /** Look-ups in a row with the same sort of ending: above 0 there was an answer, below 0 there was none. */
  readonly streak: number
  /** Answers in a row that said the host is absent, as far as they were answers of their own. */
  readonly absences: number
  /** When the last absence that was counted ends at its origin. */
  readonly absenceEndsAt: number
  /** Since when no answer has named addresses: their retention stands still. */
  readonly doubtfulSince: number | undefined
}

export type Said =
  | { readonly outcome: 'found'; readonly endsAt: number }
  | { readonly outcome: 'absent'; readonly reason: 'NXDOMAIN' | 'NODATA'; readonly endsAt: number; readonly confirmations: number }
  | { readonly outcome: 'unknown'; readonly reason: string }

export interface Terms extends Bounds, Pick<ResolverSettings, 'minTTLSeconds' | 'maxTTLSeconds' | 'absentConfirmations'> {
  /** What is published of the host in this family: what it was last known to have, before this process lived. */
  readonly published: readonly string[]
}

export const nothingKnown: HostMemory =
  { last: undefined, held: undefined, streak: 0, absences: 0, absenceEndsAt: -Infinity, doubtfulSince: undefined }

/** A copy out of a cache ends when its original does, give or take the rounding of both TTLs to seconds. */
const sameEndMs = 2000

/** The memory after one more look-up. */
export function remember(memory: HostMemory, ending: Ending, now: number, terms: Terms): HostMemory {
  const streak = ending.kind === 'failure' ? Math.min(memory.streak, 0) - 1 : Math.max(memory.streak, 0) + 1
  const doubtfulSince = memory.doubtfulSince ?? now
  switch (ending.kind) {
    case 'failure':
      return { ...memory, streak, doubtfulSince, last: { outcome: 'unknown', reason: ending.reason } }
    case 'absent':
      return { ...memory, streak, doubtfulSince, ...rememberAbsence(memory, ending, now, terms) }
    case 'found':
      return { ...nothingKnown, streak, held: holdAddresses(heldBefore(memory, now, terms), ending.addresses, now, terms),
        last: { outcome: 'found', endsAt: now + ttlMs(ending.ttl, terms) } }
  }
}

function rememberAbsence(memory: HostMemory, { reason, ttl }: Ending & { kind: 'absent' }, now: number, terms: Terms): Partial<HostMemory> {
  const endsAt = now + 1000 * ttl
  // One wrong answer that caches hand on is still one.
  const isNew = memory.absences === 0 || now >= memory.absenceEndsAt || endsAt > memory.absenceEndsAt + sameEndMs
  const absences = isNew ? memory.absences + 1 : memory.absences
  return {
    absences,
    absenceEndsAt: isNew ? endsAt : memory.absenceEndsAt,
    last: { outcome: 'absent', reason, endsAt: now + ttlMs(ttl, terms), confirmations: terms.absentConfirmations },
    ...(absences >= terms.absentConfirmations && { held: [] }),
  }
}

function heldBefore({ held, doubtfulSince }: HostMemory, now: number, { published }: Terms): readonly Held[] {
  if (held === undefined) return published.map((address) => ({ address, firstSeenAt: -Infinity, lastSeenAt: undefined }))
  return doubtfulSince === undefined ? held : retainedLonger(held, now - doubtfulSince)
}

/** The memory without what is no longer retained. Not knowing ends no retention. */
export function withoutUnretained(memory: HostMemory, now: number, { retainMs }: Terms): HostMemory {
  if (memory.doubtfulSince !== undefined || memory.held === undefined) return memory
  return { ...memory, held: withoutExpired(memory.held, now, retainMs) }
}

/** When withoutUnretained would next take something away; Infinity where nothing is under way. */
export function retentionEndsAt({ held = [], doubtfulSince }: HostMemory, { retainMs }: Terms): number {
  return doubtfulSince === undefined ? endOf(held, retainMs) : Infinity
}

/** What is believed; undefined before the first look-up has ended. */
export function believed(memory: HostMemory, wall: (moment: number) => number): Resolution | undefined {
  const { last, absences } = memory
  switch (last?.outcome) {
    case undefined: return undefined
    case 'unknown': return { outcome: 'unknown', reason: last.reason }
    case 'found': return { outcome: 'found', expiresAt: wall(last.endsAt), ...addressesOf(memory, wall) }
    case 'absent':
      if (absences >= last.confirmations) return { outcome: 'absent', reason: last.reason, expiresAt: wall(last.endsAt) }
      return { outcome: 'unknown', reason: `absent (${last.reason}), ${absences} of ${last.confirmations}`, isUnconfirmed: true }
  }
}

function addressesOf({ held = [] }: HostMemory, wall: (moment: number) => number): Pick<Resolution & { outcome: 'found' }, 'addresses' | 'retained'> {
  const addresses = held.flatMap(({ address, lastSeenAt }) => lastSeenAt === undefined ? [address] : [])
  const retained = held.flatMap(({ address, lastSeenAt }) => lastSeenAt === undefined ? [] : [{ address, lastSeenAt: wall(lastSeenAt) }])
  return { addresses, ...(retained.length > 0 && { retained }) }
}

/** Whether nobody has to be told: times, counts and the order of reasons apart, the same is believed. */
export function isSameBelief(a: HostMemory, b: HostMemory): boolean {
  return gistOf(a) === gistOf(b)
}

function gistOf({ last, held = [], absences }: HostMemory): string {
  switch (last?.outcome) {
    case undefined: return ''
    case 'unknown': return JSON.stringify(last.reason.split(', ').sort())
    case 'absent': return `${absences >= last.confirmations ? 'absent' : 'perhaps absent'} ${last.reason}`
    case 'found': return JSON.stringify(held.map(({ address, lastSeenAt }) => [address, lastSeenAt === undefined]))
  }
}
