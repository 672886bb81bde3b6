// What is no longer declared: deleted if we made it, released if we adopted it or its Service is somebody else's by now.

import { without } from '../model/metadata.ts'
import { type Change, type Removal } from '../model/changes.ts'
import { serviceKey } from '../model/declared.ts'
import {
  adoptedAnnotation, appliedAnnotation, evidenceAnnotation, instanceLabel, isOurs, managedByLabel, sliceManagedByLabel,
} from '../model/marks.ts'
import { type CurrentService, type ManagedObject } from '../model/objects.ts'
import { deletionsOf } from './order-changes.ts'
import { isPaused } from './plan-service.ts'

/** One removal for each service of ours that no key of `declared` names. Which are carried out, others decide. */
export function planRemovals(current: Iterable<CurrentService>, declared: ReadonlySet<string>, instance: string): readonly Removal[] {
  return [...current].filter((service) => !declared.has(serviceKey(service)))
    .map((service) => removalOf(oursOf(service, instance), service))
    .filter(({ changes, withheld }) => changes.length > 0 || withheld !== undefined)
}

function removalOf(ours: CurrentService, all: CurrentService): Removal {
  const { namespace, name, service } = ours
  const isAdopted = service?.metadata.annotations?.[adoptedAnnotation] !== undefined
  // Our marks were taken off the Service: it serves somebody, by our slices.
  const isForeign = service === undefined && all.service !== undefined
  const isReleased = isAdopted || isForeign
  const removal = { namespace, name, kind: isReleased ? 'release' as const : 'prune' as const }
  if (isPaused(undefined, ours)) return { ...removal, changes: [], withheld: 'Paused: nothing of it is changed' }
  if (Object.keys(service?.spec.selector ?? {}).length > 0) return { ...removal, changes: [], withheld: 'Service has a selector now: left alone' }
  return { ...removal, changes: isReleased ? releasesOf(ours) : deletionsOf(ours) }
}

/** Mirrored slices are not ours: they go with the Endpoints that they mirror. */
function oursOf(current: CurrentService, instance: string): CurrentService {
  const { namespace, name, service, slices, endpoints } = current
  return {
    namespace, name,
    slices: slices.filter((slice) => isOurs(slice, instance)),
    ...(service !== undefined && isOurs(service, instance) && { service }),
    ...(endpoints !== undefined && isOurs(endpoints, instance) && { endpoints }),
  }
}

/** Our marks come off and all goes on serving. skip-mirror stays: without it the slices would be doubled. */
function releasesOf({ service, slices, endpoints }: CurrentService): Change[] {
  const objects: readonly (ManagedObject | undefined)[] = [...slices, endpoints, service]
  return objects.filter((object) => object !== undefined).map((current) => ({
    verb: 'update', current, desired: released(current), summary: ['released: our marks come off'],
  }))
}

function released<Kind extends ManagedObject>(object: Kind): Kind {
  const labels = without(object.metadata.labels, [managedByLabel, instanceLabel, sliceManagedByLabel])
  const annotations = without(object.metadata.annotations, [adoptedAnnotation, appliedAnnotation, evidenceAnnotation])
  return { ...object, metadata: { ...object.metadata, labels, annotations } }
}
