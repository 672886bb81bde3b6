// A Target in memory, for order and conflicts alone: the directory and the cluster are the real ones.

import { serviceKey } from '../../src/model/declared.ts'
import { type Change } from '../../src/model/changes.ts'
import { serviceNameLabel } from '../../src/model/marks.ts'
import { type ManagedObject } from '../../src/model/objects.ts'
import { type Current, type NamespaceState, type Target, type WriteResult } from '../../src/model/ports.ts'
import { type MemoryApi } from './memory-api.ts'

export interface MemoryTargetOptions {
  readonly isMirroring?: boolean
  readonly namespaces?: Readonly<Record<string, NamespaceState>>
  /** Called before a write: may change the world, throw, or answer in its place. */
  readonly beforeWrite?: (changes: readonly Change[]) => WriteResult | undefined
  readonly beforeRead?: (namespace: string, name: string) => void
}

export function memoryTarget(api: MemoryApi, options: MemoryTargetOptions = {}): Target {
  return {
    surroundings: () => Promise.resolve({
      ownRanges: new Map([['10.96.0.0/16', 'Service range of the cluster']]), isMirroring: options.isMirroring ?? false, notes: [],
      familiesOf: (_namespace, _type, policy) => Promise.resolve(
        policy === 'RequireDualStack' && api.families.length < 2 ? 'This cluster is not configured for dual-stack services'
        : policy === undefined || policy === 'SingleStack' ? api.families.slice(0, 1) : api.families),
    }),
    read: () => Promise.resolve(currentOf(api, options.namespaces ?? {})),
    readService: async (namespace, name, signal) => {
      await Promise.resolve()
      signal.throwIfAborted()
      options.beforeRead?.(namespace, name)
      return api.current(namespace, name)
    },
    write: async (changes, signal) => {
      await Promise.resolve()
      signal.throwIfAborted()
      return options.beforeWrite?.(changes) ?? api.write(changes)
    },
    close: () => Promise.resolve(),
  }
}

function currentOf(api: MemoryApi, namespaces: Readonly<Record<string, NamespaceState>>): Current {
  const services = api.objects().map((object) => api.current(object.metadata.namespace, serviceNameOf(object)))
  return { services: new Map(services.map((service) => [serviceKey(service), service])), namespaces: new Map(Object.entries(namespaces)) }
}

function serviceNameOf({ metadata }: ManagedObject): string {
  return metadata.labels?.[serviceNameLabel] ?? metadata.name
}
