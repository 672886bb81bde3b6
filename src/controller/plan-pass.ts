// One pass's plan from what was observed. Pure: what `plan` prints is what `sync` does.

import { desire } from '../desired/desire.ts'
import { publishedNow } from '../desired/published.ts'
import { publishedReports } from '../desired/published-reports.ts'
import { type Plan, type ServicePlan } from '../model/changes.ts'
import { serviceKey, type Declared, type DeclaredService } from '../model/declared.ts'
import { isOurs } from '../model/marks.ts'
import { type CurrentService } from '../model/objects.ts'
import { type Current } from '../model/ports.ts'
import { guardPlan } from '../plan/guard.ts'
import { planRemovals } from '../plan/plan-removals.ts'
import { planService } from '../plan/plan-service.ts'
import { isUnfinished, withheldFor } from './is-unfinished.ts'
import { notesOf } from './notes-of.ts'
import { currentOf, type Observation } from './observe.ts'
import { isAllowed, selectedServices, type PassOptions } from './world.ts'

export function planPass(declared: Declared, observation: Observation, options: PassOptions): Plan {
  const { current } = observation
  const services = selectedServices(declared, options).map((service) => planOne(declared, service, currentOf(current, service), observation, options))
  // As far as it can be told before anything is written: what is refused now will not serve after.
  const unfinished = new Map(services.filter((planned) => isUnfinished({ ...planned, applied: planned.changes }, planned, { declared, observation }))
    .map(({ namespace, name }) => [namespace, name]))
  return { ...withRemovals(services, declared, current, unfinished, options), notes: [...observation.notes, ...notesOf(current)] }
}

/**
 * What goes with these services' plans: what is ours and no longer declared, held back where what comes in its namespace
 * does not serve yet (`unfinished`: namespace -> that service), all of it before the guard.
 */
export function withRemovals(
  services: readonly ServicePlan[], declared: Declared, current: Current, unfinished: ReadonlyMap<string, string>, options: PassOptions,
): Omit<Plan, 'notes'> {
  const inScope = [...current.services.values()].filter(({ namespace }) => isInScope(namespace, options))
  const removals = (isPruning(declared, options) ? planRemovals(inScope, new Set(declared.services.map(serviceKey)), declared.instance) : [])
    .map((removal) => withheldFor(removal, unfinished))
  const owned = inScope.filter(({ service }) => service !== undefined && isOurs(service, declared.instance)).length
  return guardPlan({ services, removals, owned, maxDeletePercent: declared.guard.maxDeletePercent, allowDeletes: options.allowDeletes })
}

/** One service's plan; also what is asked again when somebody else wrote in between. What is paused serves on as it is. */
export function planOne(
  declared: Declared, service: DeclaredService, current: CurrentService, { observed, isMirroring }: Observation, options: PassOptions,
): ServicePlan {
  const { instance, publish } = declared
  const allowed = isAllowed(service.namespace, options) ? current : { ...current, unreadable: `Namespace ${service.namespace} is not among --namespaces` }
  const plan = planService(service, allowed,
    (recreates) => desire(service, current, observed, { instance, publish, acceptAbsent: options.acceptAbsent, recreates }),
    { instance, recreate: options.recreate, isMirroring })
  return plan.status === 'paused' ? { ...plan, addresses: publishedReports(publishedNow(current), 'paused') } : plan
}

/** An empty list is more likely a mistake than a wish: nothing is pruned by it. */
function isPruning({ services }: Declared, { prune, service }: PassOptions): boolean {
  return prune && service === undefined && services.length > 0
}

function isInScope(namespace: string, options: PassOptions): boolean {
  return isAllowed(namespace, options) && (options.namespace === undefined || options.namespace === namespace)
}
