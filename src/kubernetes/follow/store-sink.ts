// What lists and watches say, into the store. News comes late and twice: what is known is never undone by something older.

import { type Kind, type ManagedObject } from '../../model/objects.ts'
import { tidy } from '../list-objects.ts'
import { type Sink } from './list-into.ts'
import { isOlder } from './resource-version.ts'
import { isNews, put, remove, shelfOf, type Store } from './store.ts'
import { storeListing } from './store-listing.ts'

/** Takes one kind, of one namespace or of all. */
export function storeSink(store: Store, kind: Kind, namespace?: string): Sink<ManagedObject> {
  return {
    begin: (last) => storeListing(store, kind, namespace, last),
    take: ({ type, object: raw }) => {
      if (!store.interest.covers(raw.metadata.namespace)) return
      const object = tidy(kind, raw)
      if (type === 'DELETED') takeEnd(store, object)
      else if (isNews(store, object)) put(store, object)
    },
  }
}

function takeEnd(store: Store, object: ManagedObject): void {
  const { name, uid, resourceVersion } = object.metadata
  const { objects, deleted } = shelfOf(store, object.kind, object.metadata.namespace)
  const before = objects.get(name)
  if (deleted.get(name) === uid) deleted.delete(name)
  // The end of one that had the name before. Of this very one it is the end, whatever its version.
  if (before?.metadata.uid !== uid && isOlder(resourceVersion, before?.metadata.resourceVersion)) return
  if (before !== undefined) remove(store, before)
  if (object.kind === 'Service') store.addresses.forget(object)
}
