import { serviceKey } from '../../model/declared.ts'
import { namespaceFault } from '../../model/namespace-fault.ts'
import { type CurrentService } from '../../model/objects.ts'
import { type Following, type Listener, type Scope } from '../../model/ports.ts'
import { type KubernetesClient } from '../client.ts'
import { ClusterError, isUnreachable } from '../cluster-error.ts'
import { reach } from '../reach.ts'
import { ownedElsewhere } from '../read-current.ts'
import { unlessAborted } from '../../model/unless-aborted.ts'
import { type Clock, machineClock } from './clock.ts'
import { arrange, type ClusterCourse, isClusterWide, newClusterCourse } from './cluster-course.ts'
import { type Store } from './store.ts'

export interface FollowClusterOptions {
  /** `--namespaces`: nothing is looked for elsewhere but in these, and the cluster as a whole is not watched. */
  readonly namespaces?: readonly string[] | undefined
  readonly clock?: Clock
}

export interface FollowedCluster {
  readonly following: Following
  /** Takes what we write and read ourselves. */
  readonly store: Store
}

/**
 * Lists and watches the namespaces of the scope, each on its own; of others, what is ours there is read at each refresh.
 * More than 20 of them are watched as one with the rest of the cluster, where our rights allow.
 */
export function followCluster(client: KubernetesClient, scope: Scope, listener: Listener, options: FollowClusterOptions = {}): FollowedCluster {
  const course = newClusterCourse(client, scope, listener, { namespaces: options.namespaces, clock: options.clock ?? machineClock })
  const { store, faults, states, followers, namespaces } = course
  const following: Following = {
    ready: (signal) => reach(unlessAborted(allReady(course), signal)),
    refresh: (signal) => reach(unlessAborted(refreshAll(course), signal)),
    current: () => ({
      get services() { return knownServices(course) },
      namespaces: states, unreadable: faults, ownRanges: store.addresses.ranges,
      ...(course.unsearched !== undefined && { unsearched: course.unsearched }),
    }),
    currentOf: (namespace, name) => {
      const found = store.entries.get(serviceKey({ namespace, name })) ?? { namespace, name, slices: [] }
      const unreadable = found.unreadable ?? faultIn(course, namespace)
      return unreadable === undefined ? found : { ...found, unreadable }
    },
    cover: (next) => {
      course.scope = next
      course.elsewhere = course.elsewhere.filter((namespace) => !next.namespaces.includes(namespace))
      arrange(course)
    },
    heardAt: () => {
      const watches = [...followers.values()].filter(({ place, follower }) => place.isWatched && follower.refusal() === undefined)
      const times = watches.map(({ follower }) => follower.heardAt())
      return times.includes(undefined) || times.length === 0 ? undefined : Math.min(...times as number[])
    },
    async stop() {
      course.stopping.abort()
      course.heard.stop()
      await Promise.all([namespaces.stop(), ...[...followers.values()].map(({ follower }) => follower.stop()), ...course.ending])
    },
  }
  return { following, store }
}

async function refreshAll(course: ClusterCourse): Promise<void> {
  await Promise.all([course.namespaces.refresh(), search(course), ...[...course.followers.values()].map(({ follower }) => follower.refresh())])
  await allReady(course)
}

/** What is refused brings others in its place, and so does what is found elsewhere. */
async function allReady(course: ClusterCourse): Promise<void> {
  await Promise.all([course.namespaces.ready(), course.isSearched ? undefined : search(course)])
  for (;;) {
    const waiting = [...course.followers.values()].filter(({ follower }) => !follower.hasAnswered())
    if (waiting.length === 0 || course.stopping.signal.aborted) break
    await Promise.all(waiting.map(({ follower }) => follower.ready()))
  }
  course.isComplete = true
}

/** Looks where else in the cluster there is something of ours. */
async function search(course: ClusterCourse): Promise<void> {
  const { client, scope, allowed, stopping } = course
  const isNeeded = scope.everywhere && !isClusterWide(course)
  try {
    const { namespaces, unsearched } = isNeeded ? await ownedElsewhere(client, scope, allowed, stopping.signal) : { namespaces: [] }
    course.unsearched = unsearched
    course.elsewhere = namespaces.filter((namespace) => !course.scope.namespaces.includes(namespace))
  } catch (error) {
    if (!(error instanceof ClusterError) || isUnreachable(error)) throw error
    course.unsearched = error.message
  }
  course.isSearched = true
  arrange(course)
}

/** Without what is unreadable; of what is not declared, also without what is not known whole. */
function knownServices({ store: { entries, incomplete }, faults, scope: { keys } }: ClusterCourse): ReadonlyMap<string, CurrentService> {
  if (faults.size === 0 && incomplete.size === 0) return entries
  const isKnown = (key: string, { namespace }: CurrentService): boolean => !faults.has(namespace) && !(incomplete.has(key) && keys?.has(key) === false)
  return new Map([...entries].filter(([key, entry]) => isKnown(key, entry)))
}

function faultIn(course: ClusterCourse, namespace: string): string | undefined {
  const { faults, states } = course
  const isFollowed = faults.has(namespace) || states.has(namespace) || isClusterWide(course)
  if (!isFollowed) return `Namespace ${namespace} is not followed`
  return faults.get(namespace) ?? namespaceFault(namespace, states.get(namespace))
}
