import { type Kind, type ManagedObject } from '../../model/objects.ts'
import { clusterIPsOf } from '../cluster-ips-of.ts'
import { tidy } from '../list-objects.ts'
import { type Listing } from './list-into.ts'
import { isOlder } from './resource-version.ts'
import { nameOf, placeOf, put, remove, settle, type Shelf, shelfOf, type Store } from './store.ts'

/** One list of one kind, of one namespace or of all, on its way into the store. */
interface Course {
  readonly store: Store
  /** The version of what is listed. */
  snapshot: string
  /** The cluster was put back to an earlier state: what is known counts for nothing. */
  isRestored: boolean
  readonly addresses: Set<string>
}

/** What the list has said of one shelf so far. */
interface ShelfCourse {
  readonly shelf: Shelf
  readonly seen: Set<string>
  readonly passing: Set<string>
  /** What had been deleted when the list began. */
  readonly deleted: ReadonlyMap<string, string>
}

/**
 * The list is the truth of its snapshot: what it does not name has gone, but for what is newer than that (our own writes
 * of meanwhile). An object that is known in this version already is not replaced. `last` is the last version that was seen.
 */
export function storeListing(store: Store, kind: Kind, namespace: string | undefined, last: string | undefined): Listing<ManagedObject> {
  const course: Course = { store, snapshot: '', isRestored: false, addresses: new Set() }
  const courses = new Map<string, ShelfCourse>()
  const open = (shelf: Shelf): ShelfCourse => {
    const opened = { shelf, seen: new Set<string>(), passing: new Set<string>(), deleted: new Map(shelf.deleted) }
    shelf.passing = opened.passing
    courses.set(shelf.namespace, opened)
    return opened
  }
  for (const shelf of store.shelves.values()) {
    if (shelf.kind === kind && (namespace === undefined || shelf.namespace === namespace)) open(shelf)
  }
  return {
    page: (items, version) => {
      course.snapshot = version
      course.isRestored = isOlder(version, last)
      for (const item of items) {
        const { namespace: home } = item.metadata
        if (store.interest.covers(home)) take(course, courses.get(home) ?? open(shelfOf(store, kind, home)), item)
      }
    },
    end: () => {
      for (const shelfCourse of courses.values()) sweep(course, shelfCourse)
      if (kind === 'Service') retainAddresses(course, namespace)
    },
  }
}

function take(course: Course, { shelf, seen }: ShelfCourse, raw: ManagedObject): void {
  const before = shelf.objects.get(raw.metadata.name)
  seen.add(raw.metadata.name)
  const object = staysAsItIs(course, shelf, raw) ? before : tidy(shelf.kind, raw)
  noteAddresses(course, object)
  if (object !== undefined && object !== before) put(course.store, object)
}

/** It is known in this version, or newer than the list knows it; gone, too, since we deleted it. */
function staysAsItIs({ snapshot, isRestored }: Course, { objects, deleted }: Shelf, { metadata: { name, uid, resourceVersion } }: ManagedObject): boolean {
  const known = objects.get(name)?.metadata
  if (known !== undefined && known.uid === uid && known.resourceVersion === resourceVersion) return true
  return !isRestored && (isOlder(snapshot, known?.resourceVersion) || (uid !== undefined && deleted.get(name) === uid))
}

/** What was not named, and all that was remembered for as long as it was not known. */
function sweep(course: Course, { shelf, seen, passing, deleted }: ShelfCourse): void {
  const { store, snapshot, isRestored } = course
  // Another list of the same objects has begun since.
  if (shelf.passing !== passing) return
  for (const object of [...shelf.objects.values()]) {
    const isNewer = !isRestored && isOlder(snapshot, object.metadata.resourceVersion)
    if (!isNewer && !seen.has(object.metadata.name)) remove(store, object)
  }
  for (const [name, uid] of deleted) if (shelf.deleted.get(name) === uid) shelf.deleted.delete(name)
  shelf.passedOver = passing
  shelf.passing = undefined
  for (const key of store.incomplete) settle(store, nameOf(key))
  forgetEmpty(store, shelf)
}

/** In a cluster where namespaces come and go by the hundred, those that went would be remembered for good. */
function forgetEmpty({ shelves }: Store, shelf: Shelf): void {
  const { objects, deleted, passedOver } = shelf
  if (objects.size === 0 && deleted.size === 0 && passedOver.size === 0) shelves.delete(placeOf(shelf))
}

/** Those that were named, and those of what is known all the same. */
function retainAddresses({ store, addresses }: Course, namespace: string | undefined): void {
  const known = [...store.entries.values()].flatMap(({ service }) => service === undefined ? [] : clusterIPsOf(service))
  const still = new Set([...addresses, ...known])
  store.addresses.retain((address, home) => still.has(address) || (namespace ?? home) !== home)
}

function noteAddresses({ addresses }: Course, object: ManagedObject | undefined): void {
  if (object?.kind === 'Service') for (const address of clusterIPsOf(object)) addresses.add(address)
}
