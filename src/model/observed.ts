// What DNS and the probes said, and when. Expected failures are values here, never exceptions.

import { type Family, type HealthCheck } from './declared.ts'

/** The answer to one question: one host, one record type. Times are absolute, in ms. */
export type Resolution =
  | {
    readonly outcome: 'found'; readonly addresses: readonly string[]; readonly expiresAt: number
    /** `run`: addresses that an earlier answer named, of which each target says how long they stay. */
    readonly retained?: readonly { readonly address: string; readonly lastSeenAt: number }[]
  }
  | { readonly outcome: 'absent'; readonly reason: 'NXDOMAIN' | 'NODATA'; readonly expiresAt: number }
  /** `run`: unconfirmed is an absence that was not said often enough yet. */
  | { readonly outcome: 'unknown'; readonly reason: string; readonly isUnconfirmed?: true }

/** host -> what each record type that was asked for said (A under IPv4, AAAA under IPv6). */
export type Resolutions = ReadonlyMap<string, Readonly<Partial<Record<Family, Resolution>>>>

/** What is probed: one address and port by one check. The same target in two services is one target. */
export interface ProbeTarget {
  readonly address: string
  readonly port: number
  readonly check: HealthCheck
  /** The declared host: Host header and SNI of an HTTP probe. */
  readonly host?: string
}

/** One attempt. `reason` is short and constant where it can be: `ECONNREFUSED`, `timeout`, `status 503`. */
export type ProbeOutcome =
  | { readonly ok: true; readonly latencyMs: number; readonly reason: string }
  | { readonly ok: false; readonly latencyMs: number; readonly reason: string }

/** An attempt that failed for want of something of our own (file descriptors, ports): it says nothing about the target. */
export interface NoAttempt {
  readonly ok: undefined
  readonly reason: string
}

export type Verdict = 'ready' | 'unready' | 'unprobed'

/** What the attempts so far add up to. */
export interface Health {
  readonly verdict: Verdict
  readonly reason: string
  readonly latencyMs?: number
}

/** What is known of one question (host, record type) that is followed. Times in ms since the epoch. */
export interface HostState {
  readonly host: string
  readonly family: Family
  /** What is believed: an absence that is not confirmed yet is `unknown` here. Undefined before the first answer. */
  readonly resolution: Resolution | undefined
  readonly nextAskAt: number
  /** Look-ups in a row that ended in `unknown`. */
  readonly failures: number
}

/** What is known of one target that is probed again and again. Times in ms since the epoch. */
export interface TargetState extends Health {
  readonly target: ProbeTarget
  /** When the verdict became what it is. */
  readonly since: number
  readonly nextProbeAt: number
  /** Attempts in a row with the same outcome: above 0 they passed, below 0 they failed. */
  readonly streak: number
}

/** How two services know that they mean the same target. */
export function probeKey(target: ProbeTarget): string {
  const { address, port, check, host } = target
  const isHttp = check.kind === 'http'
  return JSON.stringify([address, port, check.kind, isHttp ? [check.http, host] : null,
    check.timeoutSeconds, check.successThreshold, check.failureThreshold])
}
