// What a running controller knows, at one moment: `/status` is this as JSON, `status` and `explain` print it. Times are ISO texts.

import { type AddressReport, type ServiceStatus } from './changes.ts'
import { type Family } from './declared.ts'
import { type Resolution } from './observed.ts'

export interface RunStatus {
  readonly instance: string
  readonly version: string
  readonly now: string
  readonly startedAt: string
  readonly isLeading: boolean
  /** Who holds the lease; missing where there is none, or nobody is known to hold it. */
  readonly holder?: string
  readonly config: {
    readonly takenAt: string
    /** Why the last reload was refused: the one before it holds. */
    readonly fault?: string
  }
  /** The last full resync that was done. */
  readonly resyncedAt?: string
  /** Deletions that the guard withholds. */
  readonly guard?: { readonly deletions: number; readonly owned: number; readonly maxDeletePercent: number }
  readonly queue: { readonly waiting: number; readonly working: number }
  readonly services: readonly ServiceState[]
}

export interface ServiceState {
  readonly namespace: string
  readonly name: string
  /** `waiting`: not everything was asked once. */
  readonly status: ServiceStatus | 'waiting'
  readonly since: string
  readonly messages: readonly string[]
  /** When the next try is due, where the last one failed. */
  readonly retryAt?: string
  readonly hosts: readonly HostReport[]
  readonly addresses: readonly AddressState[]
}

export interface HostReport {
  readonly host: string
  readonly family: Family
  readonly outcome: Resolution['outcome'] | 'not asked'
  readonly addresses: readonly string[]
  readonly reason?: string
  /** When the answer's TTL ends; missing for `unknown`. */
  readonly expiresAt?: string
  /** Since when its addresses are held without an answer. */
  readonly staleSince?: string
  readonly nextAskAt?: string
}

export interface AddressState extends AddressReport {
  /** When `published` became what it is, as far as this process knows. */
  readonly since: string
  readonly latencyMs?: number
  readonly nextProbeAt?: string
}
