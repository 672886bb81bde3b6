import { type Kind } from '../../model/objects.ts'
import { collectionPath } from '../resources.ts'

/** One collection of the API, as it is followed. */
export interface Place {
  readonly kind: Kind
  /** Undefined: in the whole cluster. */
  readonly namespace?: string
  readonly isWatched: boolean
}

const kinds: readonly Kind[] = ['Service', 'EndpointSlice', 'Endpoints']
const plurals: Readonly<Record<Kind, string>> = { Service: 'Services', EndpointSlice: 'EndpointSlices', Endpoints: 'Endpoints' }

// Three connections a namespace. Above this many, hearing of all objects of the cluster is the lesser evil.
export const mostNamespacesApart = 20

/** What is to be listed and watched to know everything in these namespaces. `elsewhere` is looked at again at each refresh. */
export function placesOf(namespaces: readonly string[], elsewhere: readonly string[], isClusterWide: boolean): ReadonlyMap<string, Place> {
  const watched = isClusterWide ? [undefined] : namespaces
  const listed = isClusterWide ? [] : elsewhere.filter((name) => !namespaces.includes(name))
  const places = [...watched.map((name) => [name, true] as const), ...listed.map((name) => [name, false] as const)]
    .flatMap(([namespace, isWatched]) => kinds.map((kind): Place => ({ kind, isWatched, ...(namespace !== undefined && { namespace }) })))
  return new Map(places.map((place) => [JSON.stringify(place), place]))
}

export function pathOfPlace({ kind, namespace }: Place): string {
  return collectionPath(kind, namespace)
}

/** For messages. */
export function whatOfPlace({ kind, namespace }: Place): string {
  return namespace === undefined ? plurals[kind] : `${plurals[kind]} in ${namespace}`
}
