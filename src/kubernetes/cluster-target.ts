import { type CurrentService } from '../model/objects.ts'
import { type Target } from '../model/ports.ts'
import { type KubernetesClient } from './client.ts'
import { ClusterError, isUnreachable } from './cluster-error.ts'
import { followCluster } from './follow/follow-cluster.ts'
import { beginReading, beginWriting } from './follow/store-own.ts'
import { serviceOf, type Store } from './follow/store.ts'
import { reach } from './reach.ts'
import { readCurrent } from './read-current.ts'
import { readOneService } from './read-one-service.ts'
import { readSurroundings } from './surroundings.ts'
import { objectOf, writeChanges } from './write-changes.ts'

export interface ClusterTargetOptions {
  /** `--namespaces`: all that may be touched, so owned services are looked for in these instead of in the whole cluster. */
  readonly namespaces?: readonly string[]
  /** `--cluster-cidrs`: the cluster need not be asked for its Service ranges. */
  readonly isServiceRangeGiven?: boolean
  /** `--dry-run=server`: the API server checks every write and stores none. */
  readonly dryRun?: boolean
  /** `run`: of the lease, see WriteOptions. */
  readonly writeWindowMs?: () => number
}

/** A cluster as the place where the objects live. Reads reject with TargetUnreachable where nobody answers or knows us. */
export function clusterTarget(client: KubernetesClient, options: ClusterTargetOptions = {}): Target {
  const { namespaces, dryRun = false, isServiceRangeGiven = false, writeWindowMs } = options
  // Whoever follows knows at once what is written and read here.
  const stores = new Set<Store>()
  return {
    storesNothing: dryRun,
    surroundings: (signal) => reach(readSurroundings(client, isServiceRangeGiven, signal)),
    read: (scope, signal) => reach(readCurrent(client, scope, namespaces, signal)),
    readService: async (namespace, name, signal) => {
      const takes = [...stores].map((store) => beginReading(store, { namespace, name }, true))
      const read = await reach(orUnreadable(readOneService(client, namespace, name, signal), { namespace, name, slices: [] }))
      for (const take of takes) take(read)
      return read
    },
    write: async (changes, signal) => {
      const writings = [...stores].flatMap((store) => changes.slice(0, 1).map((change) => beginWriting(store, serviceOf(objectOf(change)))))
      try {
        return await writeChanges(client, changes, {
          dryRun,
          written: (object) => { for (const writing of writings) writing.written(object) },
          deleted: (object) => { for (const writing of writings) writing.deleted(object) },
          ...(writeWindowMs !== undefined && { windowMs: writeWindowMs }),
        }, signal)
      } finally {
        for (const writing of writings) writing.end()
      }
    },
    follow: (scope, listener) => {
      const { following, store } = followCluster(client, scope, listener, { namespaces })
      stores.add(store)
      return { ...following, stop: () => { stores.delete(store); return following.stop() } }
    },
    close: () => client.close(),
  }
}

/** What may not be read is nothing known, and so nothing changed; it stops no other service. */
async function orUnreadable(reading: Promise<CurrentService>, none: CurrentService): Promise<CurrentService> {
  try {
    return await reading
  } catch (error) {
    if (error instanceof ClusterError && !isUnreachable(error)) return { ...none, unreadable: error.message }
    throw error
  }
}
