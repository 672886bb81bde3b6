import { publishedNow } from '../desired/published.ts'
import { type AppliedService, type Change, type Removal, type ServicePlan } from '../model/changes.ts'
import { type Declared } from '../model/declared.ts'
import { isOurs } from '../model/marks.ts'
import { type CurrentService } from '../model/objects.ts'
import { currentOf, type Observation } from './observe.ts'

interface Seen {
  readonly declared: Declared
  readonly observation: Observation
}

/**
 * A rename must not lose the old before the new serves: does this service not serve, and did it not before? What went
 * down in this pass holds nothing back, what is down since an earlier one does: nothing tells it from one that never was up.
 */
export function isUnfinished(result: AppliedService, planned: ServicePlan, seen: Seen): boolean {
  if (isServing(result, planned)) return false
  if (isAllRefused(planned) || !hasServed(planned, seen)) return true
  return isThere(result) ? false : countCreates(result.applied) < countCreates(planned.changes)
}

/** What goes waits for what comes in its namespace. `unfinished` is namespace -> the service that does not serve yet. */
export function withheldFor(removal: Removal, unfinished: ReadonlyMap<string, string>): Removal {
  const name = unfinished.get(removal.namespace)
  return removal.withheld === undefined && name !== undefined
    ? { ...removal, withheld: `Withheld: a service that comes in namespace ${removal.namespace} does not serve yet: ${name}` } : removal
}

function isServing(result: AppliedService, planned: ServicePlan): boolean {
  const isMirrorMissing = planned.awaitsMirror === true && result.status === 'kept'
  return isThere(result) && !isMirrorMissing && result.addresses.some(({ published }) => published === 'ready')
}

function isThere({ status }: AppliedService): boolean {
  return status === 'done' || status === 'kept'
}

/** Told from a service of which nothing could be said, and which keeps what serves. */
function isAllRefused({ status, addresses }: ServicePlan): boolean {
  return status === 'failed' && addresses.length > 0
}

function hasServed(planned: ServicePlan, { declared, observation }: Seen): boolean {
  const current = currentOf(observation.current, planned)
  const { service } = current
  if (service === undefined || !isOurs(service, declared.instance)) return false
  return publishedNow(observation.isMirroring ? slicesOf(current) : current).endpoints.some(({ ready }) => ready)
}

/** In a cluster Endpoints serve through their mirrored slices alone. */
function slicesOf({ namespace, name, slices }: CurrentService): CurrentService {
  return { namespace, name, slices }
}

function countCreates(changes: readonly Change[]): number {
  return changes.filter(({ verb }) => verb === 'create').length
}
