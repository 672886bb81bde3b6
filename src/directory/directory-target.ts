// A directory of manifests as the place where the objects live: for GitOps, and for work without a cluster.

import { type Change } from '../model/changes.ts'
import { serviceKey, type Family } from '../model/declared.ts'
import { isOurs } from '../model/marks.ts'
import { type CurrentService } from '../model/objects.ts'
import { type Current, type Scope, type Surroundings, type Target } from '../model/ports.ts'
import { readManifest, type ManifestFile } from './read-manifest.ts'
import { readManifests } from './read-manifests.ts'
import { objectsOf, writeChanges, type Writing } from './write-changes.ts'
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
  const note = ({ current, digest }: ManifestFile): CurrentService => {
    writing.seen.set(serviceKey(current), digest)
    return current
  }
  return {
    surroundings: () => Promise.resolve(surroundings),
    async read(scope, signal) {
      const { files, namespaces, unreadable } = await readManifests(folder, scope, signal)
      const services = files.map(note).filter((current) => isInScope(current, scope))
      return { ...currentOf(services, namespaces), unreadable }
    },
    readService: async (namespace, name) => note(await readManifest(folder, namespace, name)),
    write(changes: readonly Change[], signal) {
      signal.throwIfAborted()
      return writeChanges(writing, changes)
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

/** A folder may hold much that is nobody's business here. */
function isInScope(current: CurrentService, { keys, instance }: Scope): boolean {
  if (keys === undefined || keys.has(serviceKey(current))) return true
  return instance !== undefined && objectsOf(current).some((object) => isOurs(object, instance))
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
