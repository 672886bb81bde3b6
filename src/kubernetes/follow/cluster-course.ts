// Which collections are followed at the moment, and what that says of each namespace.

import { type Current, type Listener, type NamespaceState, type Scope } from '../../model/ports.ts'
import { type KubernetesClient } from '../client.ts'
import { type Clock } from './clock.ts'
import { type Surrounding } from './collection-steps.ts'
import { completeService } from './complete-service.ts'
import { type CollectionFollower, followCollection } from './follow-collection.ts'
import { followNamespaces, type NamespacesFollower } from './follow-namespaces.ts'
import { type HeardKeys, heardKeys } from './heard-keys.ts'
import { mostNamespacesApart, pathOfPlace, type Place, placesOf, whatOfPlace } from './places.ts'
import { coverInStore } from './store-cover.ts'
import { storeSink } from './store-sink.ts'
import { type Interest, newStore, type Store } from './store.ts'
import { troubleTeller } from './trouble-teller.ts'

export interface ClusterCourse {
  readonly client: KubernetesClient
  readonly clock: Clock
  /** All that may be touched; undefined: whatever our rights allow. */
  readonly allowed: readonly string[] | undefined
  readonly store: Store
  readonly heard: HeardKeys
  readonly surrounding: Surrounding
  readonly namespaces: NamespacesFollower
  readonly followers: Map<string, { readonly place: Place; readonly follower: CollectionFollower }>
  /** Why nothing is known of a namespace. */
  readonly faults: Map<string, string>
  readonly states: Map<string, NamespaceState>
  readonly stopping: AbortController
  /** What has to end before all has ended. */
  readonly ending: Set<Promise<void>>
  scope: Scope
  /** Namespaces outside the scope with something of ours, as of the last refresh. */
  elsewhere: readonly string[]
  isSearched: boolean
  unsearched: Current['unsearched']
  isClusterWideRefused: boolean
  /** Everything was read once, and somebody knows it: from now on there is news. */
  isComplete: boolean
}

export function newClusterCourse(
  client: KubernetesClient, scope: Scope, listener: Listener, { namespaces: allowed, clock }: { readonly namespaces?: readonly string[] | undefined; readonly clock: Clock },
): ClusterCourse {
  const surrounding: Surrounding = { client, clock, trouble: troubleTeller(listener.tell), changed: () => { lookAgain(course) } }
  const course: ClusterCourse = {
    client, clock, allowed, surrounding, scope,
    heard: heardKeys((keys) => { listener.heard(keys) }),
    store: newStore(interestOf(scope, [], false), {
      heard: (key) => { if (course.isComplete) course.heard.add(key) },
      incomplete: (service) => { track(course, completeService(client, course.store, service, { clock, signal: course.stopping.signal })) },
    }),
    namespaces: followNamespaces(surrounding, () => coveredBy(course)),
    followers: new Map(), faults: new Map(), states: new Map(), stopping: new AbortController(), ending: new Set(),
    elsewhere: [], isSearched: false, unsearched: undefined, isClusterWideRefused: false, isComplete: false,
  }
  arrange(course)
  return course
}

/** Begins and ends the following of collections, as the scope and what was found elsewhere ask for. */
export function arrange(course: ClusterCourse): void {
  const { store, scope, elsewhere, followers, surrounding } = course
  const isWhole = isClusterWide(course)
  const places = placesOf([...new Set(scope.namespaces)], elsewhere, isWhole)
  for (const [key, { follower }] of followers) {
    if (places.has(key)) continue
    followers.delete(key)
    track(course, follower.stop())
  }
  coverInStore(store, interestOf(scope, elsewhere, isWhole))
  for (const [key, place] of places) {
    if (followers.has(key)) continue
    const collection = { what: whatOfPlace(place), path: pathOfPlace(place), isWatched: place.isWatched, sink: storeSink(store, place.kind, place.namespace) }
    followers.set(key, { place, follower: followCollection(collection, surrounding) })
  }
  judge(course)
}

/** The namespaces of the scope, and those with something of ours. */
export function coveredBy({ scope, elsewhere }: ClusterCourse): readonly string[] {
  return [...new Set([...scope.namespaces, ...elsewhere])]
}

export function isClusterWide({ scope, allowed, isClusterWideRefused }: ClusterCourse): boolean {
  return allowed === undefined && !isClusterWideRefused && new Set(scope.namespaces).size > mostNamespacesApart
}

function lookAgain(course: ClusterCourse): void {
  const isRefused = [...course.followers.values()].some(({ place, follower }) => place.namespace === undefined && follower.refusal()?.status === 403)
  course.isClusterWideRefused ||= isRefused
  if (isRefused) arrange(course)
  else judge(course)
}

/** What is known of each namespace. Where that is something else than before, all that is declared there is heard of. */
function judge(course: ClusterCourse): void {
  const { faults, states, namespaces, followers } = course
  const covered = new Set(coveredBy(course))
  retain(faults, covered)
  retain(states, covered)
  const inNamespace = Map.groupBy(followers.values(), ({ place }) => place.namespace)
  for (const namespace of covered) {
    const state = namespaces.stateOf(namespace)
    const found = [...inNamespace.get(namespace) ?? [], ...inNamespace.get(undefined) ?? []].map(({ follower }) => follower)
    const isNewFault = note(faults, namespace, faultOf(namespace, state, found))
    const isNewState = note(states, namespace, state)
    if (isNewFault || isNewState) hearOf(course, namespace)
  }
}

function retain(map: Map<string, unknown>, keys: ReadonlySet<string>): void {
  for (const key of map.keys()) if (!keys.has(key)) map.delete(key)
}

function faultOf(namespace: string, state: NamespaceState | undefined, followers: readonly CollectionFollower[]): string | undefined {
  const refusal = followers.map((follower) => follower.refusal()).find((each) => each !== undefined)
  if (refusal !== undefined) return refusal.message
  const isRead = state !== undefined && followers.every((follower) => follower.hasAnswered())
  return isRead ? undefined : `Namespace ${namespace} has not been read yet`
}

/** True where it is another value than before. */
function note<T>(map: Map<string, T>, key: string, value: T | undefined): boolean {
  const before = map.get(key)
  if (value === undefined) map.delete(key)
  else map.set(key, value)
  return before !== value
}

function hearOf({ isComplete, scope: { keys }, store, heard }: ClusterCourse, namespace: string): void {
  if (!isComplete) return
  for (const key of keys ?? store.entries.keys()) if (key.startsWith(`${namespace}/`)) heard.add(key)
}

function interestOf({ namespaces, keys, instance }: Scope, elsewhere: readonly string[], isWhole: boolean): Interest {
  const covered = new Set([...namespaces, ...elsewhere])
  return { covers: (namespace) => isWhole || covered.has(namespace), keys, instance }
}

function track({ ending }: ClusterCourse, work: Promise<void>): void {
  const tracked = work.finally(() => { ending.delete(tracked) })
  ending.add(tracked)
}
