// What is to be written and why (`plan`), and what came of it (`apply`).

import { type ManagedObject } from './objects.ts'
import { type Family } from './declared.ts'
import { type Verdict } from './observed.ts'

/** One write. `summary` says what in the object changes, one short phrase each; `plan` prints it. */
export type Change =
  | { readonly verb: 'create'; readonly desired: ManagedObject; readonly summary: readonly string[] }
  | {
    readonly verb: 'update'; readonly current: ManagedObject; readonly desired: ManagedObject; readonly summary: readonly string[]
    /** What was written before it must have reached every node: kube-proxy hears of Services and of slices by two watches. */
    readonly afterPause?: true
  }
  | { readonly verb: 'delete'; readonly current: ManagedObject; readonly summary: readonly string[] }

/** One address of one service: in or out, as what, and on which evidence. */
export interface AddressReport {
  readonly address: string
  readonly family: Family
  /** Port name -> number this address listens on. */
  readonly ports: Readonly<Record<string, number>>
  /** The declared hosts it came from; empty for a declared address. */
  readonly hosts: readonly string[]
  readonly published: 'ready' | 'notReady' | 'out'
  readonly verdict: Verdict
  readonly reason: string
}

/** done: desired was reached. kept: not everything is known, so what serves was left. withheld: by the guard. */
export type ServiceStatus = 'done' | 'kept' | 'refused' | 'failed' | 'paused' | 'withheld'

/** All that one pass wants for one service: its writes in order, or why there are none. */
export interface ServicePlan {
  readonly namespace: string
  readonly name: string
  readonly status: ServiceStatus
  /** Why the status is not `done`, and everything that is said loudly. */
  readonly messages: readonly string[]
  readonly changes: readonly Change[]
  readonly addresses: readonly AddressReport[]
  /** Endpoints alone serve once the cluster has mirrored them; what they replace stays until then. */
  readonly awaitsMirror?: boolean
  /** What goes after that, for a person who reads the plan. */
  readonly afterwards?: string
  /** `run`: when it may change without news, since an address runs out of its time; ms since the epoch. */
  readonly changesAt?: number
}

/** A service that is no longer declared: deleted, or released where it was adopted. */
export interface Removal {
  readonly namespace: string
  readonly name: string
  readonly kind: 'prune' | 'release'
  readonly changes: readonly Change[]
  /** Why it is not carried out in this pass: withheld by the guard, or prune is off. */
  readonly withheld?: string
}

export interface Plan {
  readonly services: readonly ServicePlan[]
  readonly removals: readonly Removal[]
  /** What could not be looked at, said loudly: where nothing is known, nothing was pruned. */
  readonly notes: readonly string[]
  /** Set where the guard withheld deletions: how many of how many. */
  readonly guard?: { readonly deletions: number; readonly owned: number; readonly maxDeletePercent: number }
}

/** What came of a service's or a removal's changes. `applied` is a prefix of what was planned. */
export interface AppliedService {
  readonly namespace: string
  readonly name: string
  readonly status: ServiceStatus | 'removed' | 'released'
  readonly messages: readonly string[]
  readonly applied: readonly Change[]
  readonly addresses: readonly AddressReport[]
}

export interface PassResult {
  readonly services: readonly AppliedService[]
  readonly notes: Plan['notes']
  readonly guard?: Plan['guard']
}
