// The stable shape of `status` and `explain` with `-o json` and `-o yaml`, documented in docs/output.md: what a controller
// knows or, where none answers, what the objects say that it wrote.

import { exitCodes, type ExitCode } from '../exit-codes.ts'
import { type AddressState, type RunStatus, type ServiceState } from '../model/run-status.ts'

/** As the objects alone tell it: published, whatever else is known; missing: declared and not there; foreign: not ours; unreadable. */
export type ObjectStatus = 'published' | 'missing' | 'foreign' | 'unreadable'

/** Since when is known to a controller alone. */
export interface ShownService extends Omit<ServiceState, 'status' | 'since' | 'addresses'> {
  readonly status: ServiceState['status'] | ObjectStatus
  readonly since?: string
  readonly addresses: readonly ShownAddress[]
}

export type ShownAddress = Omit<AddressState, 'since'> & { readonly since?: string }

export interface StatusOutline {
  readonly source: 'controller' | 'cluster' | 'directory'
  /** By the clock of who was asked. */
  readonly now: string
  readonly controller?: Omit<RunStatus, 'services' | 'now'>
  /** What could not be found out, said loudly. */
  readonly notes: readonly string[]
  readonly services: readonly ShownService[]
}

export function outlineOfStatus({ services, now, ...controller }: RunStatus): StatusOutline {
  return { source: 'controller', now, controller, notes: [], services }
}

/** 4 where a service is not as it should be or serves by nothing, or a reload was refused; 3 where only the guard withholds. */
export function statusExitCode({ controller, services }: StatusOutline): ExitCode {
  if (controller?.config.fault !== undefined || !services.every(isFine)) return exitCodes.incomplete
  return controller?.guard === undefined ? exitCodes.done : exitCodes.guarded
}

function isFine({ status, addresses, hosts }: ShownService): boolean {
  if (status === 'withheld') return true
  const isStale = status === 'published' && hosts.some(({ staleSince }) => staleSince !== undefined)
  return (status === 'done' || status === 'published' || status === 'paused') && !isStale && addresses.some(({ published }) => published === 'ready')
}
