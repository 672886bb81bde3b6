// What we did ourselves, or read ourselves, into the store: at once, and without telling us of it.

import { serviceKey } from '../../model/declared.ts'
import { type CurrentService, type ManagedObject } from '../../model/objects.ts'
import { objectsOf } from './service-entry.ts'
import {
  hear, isNews, isNowWhole, type News, newsOf, newsOfEnd, put, quietly, remove, serviceOf, type ServiceName, settle, shelfOf, type Store,
} from './store.ts'

/** One write of ours, of one service. */
export interface Writing {
  /** The API server's answer: the object as it is now. */
  written(object: ManagedObject): void
  deleted(object: ManagedObject): void
  /** What was heard meanwhile and was not our own doing is told now. */
  end(): void
}

/** Call it before the first request goes out. */
export function beginWriting(store: Store, service: ServiceName): Writing {
  const key = serviceKey(service)
  const heldBack = new Set<News>()
  store.inFlight.set(key, heldBack)
  return {
    written: (object) => {
      // The answer came after the news of its end.
      if (!heldBack.has(newsOfEnd(object))) takeWritten(store, object)
      heldBack.delete(newsOf(object))
    },
    deleted: (object) => {
      takeDeleted(store, object)
      heldBack.delete(newsOfEnd(object))
    },
    end: () => {
      if (store.inFlight.get(key) === heldBack) store.inFlight.delete(key)
      if (heldBack.size > 0) hear(store, key)
    },
  }
}

function takeWritten(store: Store, written: ManagedObject): void {
  if (!store.interest.covers(written.metadata.namespace) || !isNews(store, written)) return
  quietly(store, serviceKey(serviceOf(written)), () => { put(store, written) })
}

/** Watches will still say how it was before. */
function takeDeleted(store: Store, { kind, metadata: { namespace, name, uid } }: ManagedObject): void {
  if (!store.interest.covers(namespace)) return
  const shelf = shelfOf(store, kind, namespace)
  const before = shelf.objects.get(name)
  if (before !== undefined && before.metadata.uid !== uid) return
  if (uid !== undefined) shelf.deleted.set(name, uid)
  if (before !== undefined) quietly(store, serviceKey(serviceOf(before)), () => { remove(store, before) })
}

/**
 * Call it before one service is read, and what it gives with what was read: what is known and was not found has gone,
 * but for what was heard of meanwhile. `isQuiet`: who reads it is who would be told.
 */
export function beginReading(store: Store, service: ServiceName, isQuiet: boolean): (read: CurrentService) => void {
  const key = serviceKey(service)
  const before = objectsOf(store.entries.get(key) ?? { ...service, slices: [] })
  return (read) => {
    if (read.unreadable !== undefined || !store.interest.covers(service.namespace)) return
    quietly(store, isQuiet ? key : undefined, () => { takeReading(store, service, before, read) })
  }
}

function takeReading(store: Store, service: ServiceName, before: readonly ManagedObject[], read: CurrentService): void {
  const found = objectsOf(read)
  isNowWhole(store, service)
  // What was known when it was asked for, and is not known now, has ended since it was read.
  const hasEnded = ({ kind, metadata: { name, uid } }: ManagedObject): boolean =>
    before.some((each) => each.kind === kind && each.metadata.name === name && each.metadata.uid === uid) && !shelfOf(store, kind, service.namespace).objects.has(name)
  for (const object of found) if (!hasEnded(object) && isNews(store, object)) put(store, object)
  for (const object of before) {
    const isFound = found.some(({ kind, metadata }) => kind === object.kind && metadata.name === object.metadata.name)
    const isAsBefore = shelfOf(store, object.kind, service.namespace).objects.get(object.metadata.name) === object
    if (!isFound && isAsBefore) remove(store, object)
  }
  settle(store, service)
}
