// Everything a pass is given: what is declared, the world behind ports, and how the caller wants it done.

import { type Declared, type DeclaredService } from '../model/declared.ts'
import { type ProbeTargets, type RefuseAddress, type ResolveHosts, type Target } from '../model/ports.ts'

export interface World {
  readonly target: Target
  readonly resolve: ResolveHosts
  /** Undefined where this pass does not probe: written verdicts stand. */
  readonly probe?: ProbeTargets
  /** The rules for addresses, with the cluster's own ranges (CIDR or address -> what it is) known. */
  readonly addressPolicy: (ownRanges: ReadonlyMap<string, string>) => RefuseAddress
  /** Rejects where nothing may be written now, since another writer is at work. */
  readonly mayWrite?: (signal: AbortSignal) => Promise<void>
  /** ms since the epoch. */
  readonly now: () => number
}

export interface PassOptions {
  readonly namespace?: string
  /** Name of the only service of this pass. */
  readonly service?: string
  /** Namespaces that may be written at all; undefined means any. */
  readonly namespaces?: readonly string[]
  readonly prune: boolean
  readonly acceptAbsent: boolean
  readonly allowDeletes: boolean
  readonly recreate: boolean
  /** Services written side by side. */
  readonly concurrency: number
}

export function isSelected(service: DeclaredService, { namespace, service: name }: PassOptions): boolean {
  return (namespace === undefined || service.namespace === namespace) && (name === undefined || service.name === name)
}

export function selectedServices(declared: Declared, options: PassOptions): readonly DeclaredService[] {
  return declared.services.filter((service) => isSelected(service, options))
}

export function isAllowed(namespace: string, { namespaces }: PassOptions): boolean {
  return namespaces === undefined || namespaces.includes(namespace)
}
