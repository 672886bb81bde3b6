// What is known of the objects in scope: every object that matters, grouped by the service it belongs to.

import { serviceKey } from '../../model/declared.ts'
import { instanceLabel } from '../../model/marks.ts'
import { type CurrentService, type Kind, type ManagedObject } from '../../model/objects.ts'
import { serviceNameOf } from '../service-name-of.ts'
import { type OwnAddresses, ownAddresses } from './own-addresses.ts'
import { isOlder } from './resource-version.ts'
import { partSharing, type ShareParts } from './share-parts.ts'
import { objectsOf, withObject, withoutObject } from './service-entry.ts'

/** Which objects matter. */
export interface Interest {
  readonly covers: (namespace: string) => boolean
  /** serviceKeys of what is declared; undefined keeps everything. */
  readonly keys: ReadonlySet<string> | undefined
  /** Whose marks make an object matter that is not declared. */
  readonly instance: string | undefined
}

export interface StoreListener {
  /** Something of this service has changed. */
  readonly heard: (key: string) => void
  /** A service has come to matter of which objects were passed over: it has to be read whole. */
  readonly incomplete: (service: ServiceName) => void
}

export type ServiceName = Pick<CurrentService, 'namespace' | 'name'>

/** The objects of one kind in one namespace. */
export interface Shelf {
  readonly kind: Kind
  readonly namespace: string
  readonly objects: Map<string, ManagedObject>
  /** Object name -> uid of what we deleted: late news of it is none. */
  readonly deleted: Map<string, string>
  /** Names of services of which there is something that does not matter. */
  passedOver: Set<string>
  /** The same, by the list under way. */
  passing: Set<string> | undefined
}

export interface Store {
  interest: Interest
  readonly listener: StoreListener
  /** serviceKey -> all that stands under the name. */
  readonly entries: Map<string, CurrentService>
  /** serviceKeys of what is not known whole: `unreadable` in the entry. */
  readonly incomplete: Set<string>
  readonly shelves: Map<string, Shelf>
  readonly addresses: OwnAddresses
  readonly shareParts: ShareParts
  /** The service that is not told of: who works on it knows. */
  quietKey: string | undefined
  /** serviceKey -> what was heard while it is being written: the echo often comes before the answer. */
  readonly inFlight: Map<string, Set<News>>
}

/** `Kind/name` with the version it has now, or with the uid that is gone; empty for anything else. */
export type News = string

export function newsOf({ kind, metadata: { name, resourceVersion } }: ManagedObject): News {
  return `${kind}/${name} is ${resourceVersion ?? ''}`
}

export function newsOfEnd({ kind, metadata: { name, uid } }: ManagedObject): News {
  return `${kind}/${name} was ${uid ?? ''}`
}

const kinds: readonly Kind[] = ['Service', 'EndpointSlice', 'Endpoints']

export function newStore(interest: Interest, listener: StoreListener): Store {
  return { interest, listener, entries: new Map(), incomplete: new Set(), shelves: new Map(), addresses: ownAddresses(), shareParts: partSharing(), quietKey: undefined, inFlight: new Map() }
}

/** The key of a shelf. */
export function placeOf({ kind, namespace }: Pick<Shelf, 'kind' | 'namespace'>): string {
  return `${kind}/${namespace}`
}

export function shelfOf({ shelves }: Store, kind: Kind, namespace: string): Shelf {
  const place = placeOf({ kind, namespace })
  const found = shelves.get(place) ?? { kind, namespace, objects: new Map(), deleted: new Map(), passedOver: new Set(), passing: undefined }
  shelves.set(place, found)
  return found
}

/** The service that an object belongs to. */
export function serviceOf(object: ManagedObject): ServiceName {
  const { namespace, name } = object.metadata
  return { namespace, name: object.kind === 'EndpointSlice' ? serviceNameOf(object) : name }
}

/** Of a serviceKey. */
export function nameOf(key: string): ServiceName {
  const slash = key.indexOf('/')
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}

/** False of what is known already, is older than that, or was deleted by us since. */
export function isNews(store: Store, { kind, metadata: { namespace, name, uid, resourceVersion } }: ManagedObject): boolean {
  const { objects, deleted } = shelfOf(store, kind, namespace)
  const known = objects.get(name)?.metadata.resourceVersion
  const isEcho = known !== undefined && known === resourceVersion
  return !isEcho && !isOlder(resourceVersion, known) && (uid === undefined || deleted.get(name) !== uid)
}

/** Takes an object as it is now; one that does not matter is passed over, but for its ClusterIPs. */
export function put(store: Store, object: ManagedObject): void {
  const { objects, deleted, ...shelf } = shelfOf(store, object.kind, object.metadata.namespace)
  const service = serviceOf(object)
  const key = serviceKey(service)
  const before = objects.get(object.metadata.name)
  if (before !== undefined && serviceKey(serviceOf(before)) !== key) remove(store, before)
  noteAddresses(store, object, before)
  deleted.delete(object.metadata.name)
  if (!isDeclared(store, key) && !isMarked(store, object) && !store.entries.has(key)) {
    passOver(shelf, service)
    return
  }
  store.shareParts(object)
  objects.set(object.metadata.name, object)
  store.entries.set(key, withObject(store.entries.get(key) ?? { ...service, slices: [] }, object))
  settle(store, service)
  hear(store, key, newsOf(object))
}

/** Takes out an object that is kept. */
export function remove(store: Store, object: ManagedObject): void {
  const service = serviceOf(object)
  const key = serviceKey(service)
  const entry = store.entries.get(key)
  shelfOf(store, object.kind, service.namespace).objects.delete(object.metadata.name)
  if (object.kind === 'Service') store.addresses.forget(object)
  if (entry !== undefined) store.entries.set(key, withoutObject(entry, object))
  settle(store, service)
  hear(store, key, newsOfEnd(object))
}

/** Lets go what does not matter any more, and finds out what has come to matter and is not known whole, or is so now. */
export function settle(store: Store, { namespace, name }: ServiceName): void {
  const key = serviceKey({ namespace, name })
  const { unreadable: _unreadable, ...entry } = store.entries.get(key) ?? { namespace, name, slices: [] }
  const objects = objectsOf(entry)
  const isWanted = isDeclared(store, key) || objects.some((object) => isMarked(store, object))
  if (!isWanted) for (const object of objects) letGo(store, object)
  if (isWanted && !isWhole(store, entry)) {
    store.entries.set(key, { ...entry, unreadable: `Service ${key} has not been read whole yet` })
    const isNew = !store.incomplete.has(key)
    store.incomplete.add(key)
    if (isNew) store.listener.incomplete(entry)
    return
  }
  if (!isWanted || objects.length === 0) store.entries.delete(key)
  else if (store.incomplete.has(key)) store.entries.set(key, entry)
  if (store.incomplete.delete(key)) hear(store, key)
}

/** All objects of the service are known from now on. */
export function isNowWhole(store: Store, { namespace, name }: ServiceName): void {
  for (const kind of kinds) {
    const { passedOver, passing } = shelfOf(store, kind, namespace)
    passedOver.delete(name)
    passing?.delete(name)
  }
}

/** Does `work` without telling of one service. */
export function quietly(store: Store, key: string | undefined, work: () => void): void {
  store.quietKey = key
  try {
    work()
  } finally {
    store.quietKey = undefined
  }
}

export function hear({ quietKey, inFlight, listener }: Store, key: string, news: News = ''): void {
  const heldBack = inFlight.get(key)
  if (key === quietKey) return
  if (heldBack === undefined) listener.heard(key)
  else heldBack.add(news)
}

function isWhole(store: Store, { namespace, name }: ServiceName): boolean {
  return kinds.every((kind) => {
    const { passedOver, passing } = shelfOf(store, kind, namespace)
    return !passedOver.has(name) && passing?.has(name) !== true
  })
}

function isDeclared({ interest: { keys } }: Store, key: string): boolean {
  return keys?.has(key) ?? true
}

function isMarked({ interest: { instance } }: Store, { metadata }: ManagedObject): boolean {
  return instance !== undefined && metadata.labels?.[instanceLabel] === instance
}

function noteAddresses({ addresses }: Store, object: ManagedObject, before: ManagedObject | undefined): void {
  if (before?.kind === 'Service') addresses.forget(before)
  if (object.kind === 'Service') addresses.note(object)
}

function letGo(store: Store, object: ManagedObject): void {
  const shelf = shelfOf(store, object.kind, object.metadata.namespace)
  shelf.objects.delete(object.metadata.name)
  passOver(shelf, serviceOf(object))
}

function passOver({ passedOver, passing }: Pick<Shelf, 'passedOver' | 'passing'>, { name }: ServiceName): void {
  passedOver.add(name)
  passing?.add(name)
}
