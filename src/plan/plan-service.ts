// Desired against current for one service: its writes in order, or why there are none.

import { type ServicePlan } from '../model/changes.ts'
import { type DeclaredService } from '../model/declared.ts'
import { isOurs, pausedAnnotation } from '../model/marks.ts'
import { type AddressReport } from '../model/changes.ts'
import { type CurrentService } from '../model/objects.ts'
import { afterMirroring, awaitsMirror, orderChanges, type Wanted } from './order-changes.ts'
import { refusalOf } from './refusal.ts'

/** What stage 4 says of a service: its objects, or why they cannot be said. */
export type DesiredOrNot = (Wanted & {
  readonly status: 'done' | 'kept' | 'failed'
  readonly messages: readonly string[]
  readonly addresses: readonly AddressReport[]
  readonly changesAt: number | undefined
}) | string

export interface PlanSettings {
  readonly instance: string
  /** Whether immutable fields may be changed by delete and create. */
  readonly recreate: boolean
  readonly isMirroring: boolean
}

export function planService(declared: DeclaredService, current: CurrentService, desire: (recreates: boolean) => DesiredOrNot, settings: PlanSettings): ServicePlan {
  const { namespace, name } = declared
  const none = { namespace, name, changes: [], addresses: [] }
  if (isPaused(declared, current)) return { ...none, status: 'paused', messages: ['Paused: nothing of it is changed'] }
  const refusal = current.unreadable ?? refusalOf(declared, current, settings.instance)
  if (refusal !== undefined) return { ...none, status: 'refused', messages: [refusal] }
  const immutable = immutableChange(declared, current)
  if (immutable !== undefined && !settings.recreate) {
    return { ...none, status: 'refused', messages: [`${immutable} needs delete and create, an outage between the two: --recreate does it`] }
  }
  const order = { ...settings, recreates: immutable !== undefined }
  const desired = desire(order.recreates)
  if (typeof desired === 'string') return { ...none, status: 'failed', messages: [desired] }
  const afterwards = afterMirroring(desired, current, order)
  return {
    namespace, name, status: desired.status, addresses: desired.addresses,
    messages: [...adoptions(current, settings.instance), ...desired.messages],
    changes: orderChanges(desired, current, order),
    ...(awaitsMirror(desired, current, order) && { awaitsMirror: true }),
    ...(afterwards !== undefined && { afterwards }),
    ...(desired.changesAt !== undefined && { changesAt: desired.changesAt }),
  }
}

export function isPaused(declared: DeclaredService | undefined, current: CurrentService): boolean {
  return declared?.paused === true || current.service?.metadata.annotations?.[pausedAnnotation] === 'true'
}

/** A field that the API server refuses to change, or (headless to ClusterIP) silently leaves as it is. */
export function immutableChange(declared: DeclaredService, { service }: CurrentService): string | undefined {
  if (service === undefined || service.spec.type === 'ExternalName') return undefined
  const is = service.spec.clusterIP === 'None' ? 'Headless' : 'ClusterIP'
  return is === declared.type ? undefined : `${is} to ${declared.type}`
}

/** Taking something over is said, object by object. */
function adoptions(current: CurrentService, instance: string): string[] {
  const { service, slices, endpoints } = current
  return [service, ...slices, endpoints].flatMap((object) =>
    (object === undefined || isOurs(object, instance) || isMirroredFromOurs(object, current, instance) ? [] : [`Adopts ${object.kind} ${object.metadata.name}`]))
}

function isMirroredFromOurs(object: { readonly kind: string }, { endpoints }: CurrentService, instance: string): boolean {
  return object.kind === 'EndpointSlice' && endpoints !== undefined && isOurs(endpoints, instance)
}
