// Who may lead, and until when, by our own clock alone: the renewTime of a lease was written by another one, which may
// be wrong by hours, so that comparing with it makes two leaders or none. Pure; all times are ms of a monotonic clock.

import { type LeaseRecord } from './lease-record.ts'

export interface LeaseDurations {
  /** From when a lease was last seen to change until another may take it. */
  readonly leaseMs: number
  /** From when a renewal began until its holder stops leading; less than leaseMs by what a write may take. */
  readonly renewDeadlineMs: number
  readonly retryMs: number
}

/** Those of client-go. */
export const leaseDurations: LeaseDurations = { leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 }

/** A lease as it was seen, and since when it has been so. No record: there is no lease. */
export interface Sighting {
  readonly record: LeaseRecord | undefined
  readonly since: number
}

/** A look at the lease. What has not changed has been so since it was first seen so. */
export function sighted(before: Sighting | undefined, record: LeaseRecord | undefined, now: number): Sighting {
  return before !== undefined && before.record?.version === record?.version ? before : { record, since: now }
}

export type LeaseDecision =
  | { readonly act: 'acquire' | 'renew' }
  /** Another holds it, until then at least. */
  | { readonly act: 'wait'; readonly until: number }

// A duration written by hand must neither depose a leader early nor keep a dead one's place for ever.
const longestLeaseMs = 60_000

/** What to do about a lease that was seen so. */
export function decide({ record, since }: Sighting, identity: string, now: number, { leaseMs }: LeaseDurations): LeaseDecision {
  if (record === undefined || record.holder === '') return { act: 'acquire' }
  if (record.holder === identity) return { act: 'renew' }
  const until = since + Math.max(leaseMs, Math.min(record.durationMs, longestLeaseMs))
  return now < until ? { act: 'wait', until } : { act: 'acquire' }
}

/** Whether whoever began its last successful renewal then is leading now. A clock that went back proves nothing. */
export function isLeadingAt(renewedAt: number | undefined, now: number, { renewDeadlineMs }: LeaseDurations): boolean {
  return renewedAt !== undefined && renewedAt <= now && now < renewedAt + renewDeadlineMs
}

/** How many ms a leader's write may take from now on: the rest of its lease; 0 for who does not lead. */
export function writeWindowAt(renewedAt: number | undefined, now: number, durations: LeaseDurations): number {
  return renewedAt !== undefined && isLeadingAt(renewedAt, now, durations) ? renewedAt + durations.leaseMs - now : 0
}

/** How many ms one call about the lease may take: half of the deadline, so that there is time for another. */
export function callWindowAt(renewedAt: number | undefined, now: number, durations: LeaseDurations): number {
  const half = durations.renewDeadlineMs / 2
  return renewedAt !== undefined && isLeadingAt(renewedAt, now, durations) ? Math.min(half, renewedAt + durations.renewDeadlineMs - now) : half
}

export interface Tried {
  /** When the try began, and the renewal that holds after it. */
  readonly startedAt: number
  readonly renewedAt: number | undefined
  readonly decision: LeaseDecision | undefined
  /** From 0 to 1, at random. */
  readonly jitter: number
}

/**
 * When to try again. A leader keeps its pace, and looks up at its deadline; a standby comes 1 to 1.2 retry periods
 * later, so that many do not come as one, and the moment that the lease runs out.
 */
export function nextTryAt({ startedAt, renewedAt, decision, jitter }: Tried, now: number, durations: LeaseDurations): number {
  const { retryMs, renewDeadlineMs } = durations
  if (renewedAt !== undefined && isLeadingAt(renewedAt, now, durations)) {
    return Math.max(now, Math.min(startedAt + retryMs, renewedAt + renewDeadlineMs))
  }
  const later = now + retryMs * (1 + 0.2 * jitter)
  return decision?.act === 'wait' ? Math.max(now, Math.min(later, decision.until)) : later
}
