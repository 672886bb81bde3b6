// Every seam on one page: what the pipeline needs from the world, made and joined in app.ts.

import { type Change } from './changes.ts'
import { type Family, type IpFamilyPolicy, type ServiceType } from './declared.ts'
import { type Tell } from './happenings.ts'
import { type CurrentService } from './objects.ts'
import { type Health, type HostState, type NoAttempt, type ProbeOutcome, type ProbeTarget, type Resolutions, type TargetState, type Verdict } from './observed.ts'
import { type ResolverSettings } from './declared.ts'

/** Asks DNS for every host once, all record types side by side, bounded. Never rejects but on abort. */
export type ResolveHosts = (
  questions: ReadonlyMap<string, readonly Family[]>,
  signal: AbortSignal,
) => Promise<Resolutions>

/** One attempt against one target, done within the check's timeout. Never rejects but on abort. */
export type Probe = (target: ProbeTarget, signal: AbortSignal) => Promise<ProbeOutcome | NoAttempt>

/** Probes every target until its thresholds are met, side by side, bounded; answers by probeKey. */
export type ProbeTargets = (
  targets: readonly (ProbeTarget & { readonly before: Verdict })[],
  signal: AbortSignal,
) => Promise<ReadonlyMap<string, Health>>

/** Why an address may not be published or probed, or undefined where it may. */
export type RefuseAddress = (address: string) => string | undefined

/** Which services a pass is about. */
export interface Scope {
  /** Namespaces of declared services. */
  readonly namespaces: readonly string[]
  /** Look for owned services elsewhere too (prune, remove). */
  readonly everywhere: boolean
  /** Whose objects are looked for elsewhere; without it nothing is. */
  readonly instance?: string
  /** serviceKeys of the declared services: given, what is neither declared nor marked with the instance is not kept. */
  readonly keys?: ReadonlySet<string>
}

export type NamespaceState = 'active' | 'terminating' | 'missing'

export interface Current {
  /** Every service in scope that exists or has leftovers, ours or not, by serviceKey. */
  readonly services: ReadonlyMap<string, CurrentService>
  readonly namespaces: ReadonlyMap<string, NamespaceState>
  /** Namespaces whose objects could not be read, and why: nothing is known of their services. */
  readonly unreadable?: ReadonlyMap<string, string>
  /** Why it was not possible to look everywhere: owned services elsewhere are not known. */
  readonly unsearched?: string
  /** Addresses that the objects show to be the cluster's own (ClusterIPs): address -> what it is. */
  readonly ownRanges?: ReadonlyMap<string, string>
}

/** What a pass needs to know of the cluster (or directory) beyond the objects. */
export interface Surroundings {
  /** Ranges and addresses that may never be published: `CIDR or address` -> what it is. */
  readonly ownRanges: ReadonlyMap<string, string>
  /** Whether Endpoints are mirrored into EndpointSlices here. */
  readonly isMirroring: boolean
  /** What of it could not be found out, and what to do about it. */
  readonly notes: readonly string[]
  /** The families that a new Service of this type and policy would get, primary first; a string says why it cannot be made. */
  familiesOf(namespace: string, type: ServiceType, policy: IpFamilyPolicy | undefined): Promise<readonly Family[] | string>
}

/**
 * What came of one service's changes, in order, up to the first that failed.
 * stale: somebody wrote in between, read and plan again. exists: a create met an object.
 * final: trying again will not help. failed: it may, in another pass.
 */
export interface WriteResult {
  readonly applied: readonly Change[]
  readonly failure?: { readonly change: Change; readonly kind: 'stale' | 'exists' | 'final' | 'failed'; readonly message: string }
}

/**
 * Where the objects live: a cluster or a directory of manifests. Every method rejects with TargetUnreachable, or with
 * the signal's reason; what may not be read is `unreadable` in the answer.
 */
export interface Target {
  /** A dry run: every write is checked and none is stored, so nothing comes of it. */
  readonly storesNothing?: boolean
  surroundings(signal: AbortSignal): Promise<Surroundings>
  read(scope: Scope, signal: AbortSignal): Promise<Current>
  readService(namespace: string, name: string, signal: AbortSignal): Promise<CurrentService>
  /**
   * Writes one service's changes in their order and stops at the first failure; on abort it answers with what it has
   * written until then. Rejects with the signal's reason only where it has written nothing.
   */
  write(changes: readonly Change[], signal: AbortSignal): Promise<WriteResult>
  /** `run`: holds what `read` would answer, kept up to date. Missing where a target cannot be followed. */
  follow?(scope: Scope, listener: Listener): Following
  close(): Promise<void>
}

/** Who is told what a followed target hears. */
export interface Listener {
  /** serviceKeys of what really changed; what comes together is told together. Never of a write through the same target. */
  heard(keys: readonly string[]): void
  readonly tell: Tell
}

/** A target that is listened to. What is written through the target is known here at once. */
export interface Following {
  /**
   * Resolves when everything in scope was read once, or is known to be unreadable; rejects with TargetUnreachable, and may
   * then be asked again. It follows on its own from the start; nothing is heard before the first reading is complete.
   */
  ready(signal: AbortSignal): Promise<void>
  /** As last heard, of everything in scope. Its maps are live: read it where it is used, it costs nothing. */
  current(): Current
  /** `unreadable` says also why nothing may be made there: not read yet, namespace missing or terminating. */
  currentOf(namespace: string, name: string): CurrentService
  /** Reads everything anew, whatever was heard: what differs is `heard`. Rejects with TargetUnreachable. */
  refresh(signal: AbortSignal): Promise<void>
  /** Another config: other namespaces and keys. */
  cover(scope: Scope): void
  /** ms since the epoch of the last sign of life of the slowest watch; undefined before the first. */
  heardAt(): number | undefined
  stop(): Promise<void>
}

/** One host as it is to be followed. */
export interface HostQuestion {
  readonly families: readonly Family[]
  /** The longest that any target wants an address retained. */
  readonly retainSeconds: number
  /** What is published of it: the first belief after a restart, of which retention reckons. */
  readonly published: readonly string[]
}

/** Asks each host again when its answer ends. */
export interface HostFollower {
  /** The hosts that matter from now on. One that is new is asked at once, one that is no longer named is forgotten. */
  follow(questions: ReadonlyMap<string, HostQuestion>, settings: ResolverSettings): void
  /** What is believed now: a host or type without an answer yet is missing. A live map. */
  readonly resolutions: Resolutions
  states(): readonly HostState[]
  stop(): Promise<void>
}

/** Probes each target again and again, each on its own timer. */
export interface TargetFollower {
  /**
   * The targets of one owner (a service) from now on; an empty list stops them at once. A target of several owners is
   * probed once. `before` is the first belief of one that is new; an `unprobed` one is probed at once.
   */
  follow(owner: string, targets: readonly (ProbeTarget & { readonly before: Verdict })[]): void
  /** By probeKey. A live map. */
  readonly states: ReadonlyMap<string, TargetState>
  stop(): Promise<void>
}

/** The lease of this instance, or what stands in for it where there is only one writer. */
export interface Leadership {
  /** Whether a write may be sent at this very moment. Synchronous: asked just before each. */
  isLeading(): boolean
  /** Who holds the lease, as last seen; undefined where nobody is known to. */
  holder(): string | undefined
  /** Gives the lease back, so that another takes over at once. */
  stop(): Promise<void>
}

/** `started` is told each time leadership begins, with a signal that ends with it. */
export type StandForElection = (started: (leading: AbortSignal) => void) => Leadership

/** The target cannot be reached or read at all: exit 5. */
export class TargetUnreachable extends Error {
  override name = 'TargetUnreachable' as const
}
