// A plan that deletes too much refuses to delete, and does all the rest.

import { type Plan, type Removal, type ServicePlan } from '../model/changes.ts'

export interface GuardInput {
  readonly services: readonly ServicePlan[]
  readonly removals: readonly Removal[]
  /** Services of ours in scope, declared or not. */
  readonly owned: number
  readonly maxDeletePercent: number
  readonly allowDeletes: boolean
}

/** With so few services a percentage says nothing. */
export const guardedFrom = 10

/** Counts deletions of Services, those of --recreate too, against the Services that are ours. */
export function guardPlan({ services, removals, owned, maxDeletePercent, allowDeletes }: GuardInput): Omit<Plan, 'notes'> {
  const deletions = [...services, ...removals].filter(deletesService).length
  const isTooMuch = owned >= guardedFrom && deletions * 100 > owned * maxDeletePercent
  if (!isTooMuch || allowDeletes) return { services, removals }
  const withheld = `Withheld by the guard: ${deletions} of ${owned} Services would be deleted, more than ${maxDeletePercent}% (--allow-deletes does it)`
  return {
    services: services.map((service) => (deletesService(service) ? { ...service, status: 'withheld', changes: [], messages: [...service.messages, withheld] } : service)),
    removals: removals.map((removal) => (deletesService(removal) ? { ...removal, withheld } : removal)),
    guard: { deletions, owned, maxDeletePercent },
  }
}

export function deletesService({ changes, withheld }: { readonly changes: ServicePlan['changes']; readonly withheld?: string }): boolean {
  return withheld === undefined && changes.some((change) => change.verb === 'delete' && change.current.kind === 'Service')
}
