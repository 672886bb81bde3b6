// The stable shape of `-o json` and `-o yaml`, documented in docs/output.md: what a pass would do or did, service by service.

import { type AddressReport, type AppliedService, type Change, type PassResult, type Plan, type ServicePlan } from '../model/changes.ts'
import { type Kind } from '../model/objects.ts'

export interface ChangeOutline {
  readonly verb: Change['verb']
  readonly kind: Kind
  readonly namespace: string
  readonly name: string
  readonly summary: readonly string[]
}

export interface ServiceOutline {
  readonly namespace: string
  readonly name: string
  readonly status: AppliedService['status'] | 'planned'
  readonly messages: readonly string[]
  readonly changes: readonly ChangeOutline[]
  readonly addresses: readonly AddressReport[]
}

export interface PassOutline {
  readonly verb: 'plan' | 'sync' | 'remove'
  /** Nothing was written: what is listed would have been. */
  readonly dryRun?: true
  readonly services: readonly ServiceOutline[]
  readonly notes: readonly string[]
  readonly guard?: NonNullable<Plan['guard']>
}

export function outlineOfPlan({ services, removals, notes, guard }: Plan): PassOutline {
  return {
    verb: 'plan',
    services: [
      ...services.map(outlineOfService),
      ...removals.map(({ namespace, name, kind, changes, withheld }) => ({
        namespace, name, changes: changes.map(outlineOf), addresses: [],
        status: withheld !== undefined ? 'withheld' as const : 'planned' as const,
        messages: [withheld ?? (kind === 'release' ? 'No longer declared: released, since it was adopted' : 'No longer declared: deleted')],
      })),
    ],
    notes,
    ...(guard !== undefined && { guard }),
  }
}

export function outlineOfResult(verb: 'sync' | 'remove', { services, notes, guard }: PassResult): PassOutline {
  return {
    verb,
    services: services.map(({ namespace, name, status, messages, applied, addresses }) =>
      ({ namespace, name, status, messages, changes: applied.map(outlineOf), addresses })),
    notes,
    ...(guard !== undefined && { guard }),
  }
}

function outlineOfService({ namespace, name, status, messages, changes, addresses, afterwards }: ServicePlan): ServiceOutline {
  const isDue = changes.length > 0 || afterwards !== undefined
  return {
    namespace, name, status: status === 'done' && isDue ? 'planned' : status,
    messages: afterwards === undefined ? messages : [...messages, afterwards], changes: changes.map(outlineOf), addresses,
  }
}

function outlineOf(change: Change): ChangeOutline {
  const { kind, metadata } = change.verb === 'delete' ? change.current : change.desired
  return { verb: change.verb, kind, namespace: metadata.namespace, name: metadata.name, summary: change.summary }
}
