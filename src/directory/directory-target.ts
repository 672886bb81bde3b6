// A directory of manifests as the place where the objects live: for GitOps, and for work without a cluster.

import { type Change } from '../model/changes.ts'
import { serviceKey, type Family } from '../model/declared.ts'
import { type CurrentService } from '../model/objects.ts'
import { type Current, type Surroundings, type Target } from '../model/ports.ts'
import { followDirectory, type FollowedDirectory } from './follow-directory.ts'
import { isInScope } from './known-files.ts'
import { readManifest, type ManifestFile } from './read-manifest.ts'
import { readManifests } from './read-manifests.ts'
import { serviceOf, writeChanges, type Writing } from './write-changes.ts'
import { clearPartials } from './write-manifest.ts'

// A directory cannot know which families the cluster gives a Service. kube-proxy passes over slices of one that it has not.
const bothFamilies: readonly Family[] = ['IPv4', 'IPv6']

const surroundings: Surroundings = {
  ownRanges: new Map(),
  isMirroring: false,
  notes: [],
  familiesOf: () => Promise.resolve(bothFamilies),
}

/** `folder/NAMESPACE/NAME.yaml`, one file a service. Files that are not wholly of `instance` are read as foreign and never changed. */
export function directoryTarget(folder: string, instance: string): Target {
  const writing: Writing = { folder, instance, seen: new Map(), clear: once((namespace) => clearPartials(folder, namespace)) }
  // Whoever follows knows at once what is written and read here.
  const followers = new Set<FollowedDirectory>()
  const see = ({ current, digest }: ManifestFile): void => { writing.seen.set(serviceKey(current), digest) }
  const note = (file: ManifestFile): CurrentService => {
    see(file)
    return file.current
  }
  return {
    surroundings: () => Promise.resolve(surroundings),
    async read(scope, signal) {
      const { files, namespaces, unreadable } = await readManifests(folder, scope, signal)
      const services = files.map(note).filter((current) => isInScope(current, scope))
      return { ...currentOf(services, namespaces), unreadable }
    },
    async readService(namespace, name) {
      const file = await readManifest(folder, namespace, name)
      for (const follower of followers) follower.read(file)
      return note(file)
    },
    async write(changes: readonly Change[], signal) {
      signal.throwIfAborted()
      if (changes.length === 0) return { applied: [] }
      const service = serviceOf(changes)
      const isOurs = ({ digest }: ManifestFile): boolean => writing.seen.get(serviceKey(service)) === digest
      const endings = [...followers].map((follower) => follower.beginWriting(service, isOurs))
      try {
        return await writeChanges(writing, changes)
      } finally {
        await Promise.all(endings.map((end) => end()))
      }
    },
    follow(scope, listener) {
      const followed = followDirectory(folder, scope, listener, see)
      followers.add(followed)
      return { ...followed.following, stop: () => { followers.delete(followed); return followed.following.stop() } }
    },
    close: () => Promise.resolve(),
  }
}

/** Nothing is there and nothing is written: what `render` plans against. */
export const emptyTarget: Target = {
  surroundings: () => Promise.resolve(surroundings),
  read: ({ namespaces }) => Promise.resolve(currentOf([], namespaces)),
  readService: (namespace, name) => Promise.resolve({ namespace, name, slices: [] }),
  write: () => Promise.resolve({ applied: [] }),
  close: () => Promise.resolve(),
}

/** A namespace's folder is made when it is needed. */
function currentOf(services: readonly CurrentService[], namespaces: readonly string[]): Current {
  return {
    services: new Map(services.map((current) => [serviceKey(current), current])),
    namespaces: new Map(namespaces.map((namespace) => [namespace, 'active'])),
  }
}

function once(work: (key: string) => Promise<void>): (key: string) => Promise<void> {
  const begun = new Map<string, Promise<void>>()
  return (key) => {
    const running = begun.get(key) ?? work(key)
    begun.set(key, running)
    return running
  }
}
