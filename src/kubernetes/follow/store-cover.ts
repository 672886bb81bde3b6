import { type Interest, nameOf, settle, type Store } from './store.ts'

/** Another config: lets go what no longer matters. What has come to matter and was passed over is told to be incomplete. */
export function coverInStore(store: Store, interest: Interest): void {
  const { shelves, entries, incomplete, addresses } = store
  const isOutside = ({ namespace }: { readonly namespace: string }): boolean => !interest.covers(namespace)
  store.interest = interest
  for (const [place, shelf] of shelves) if (isOutside(shelf)) shelves.delete(place)
  for (const [key, entry] of entries) if (isOutside(entry)) entries.delete(key)
  for (const key of incomplete) if (isOutside(nameOf(key))) incomplete.delete(key)
  addresses.retain((_address, namespace) => interest.covers(namespace))
  for (const entry of [...entries.values()]) settle(store, entry)
  for (const service of [...interest.keys ?? []].map(nameOf)) if (!isOutside(service)) settle(store, service)
}
