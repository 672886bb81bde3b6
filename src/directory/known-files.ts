// What is known of the files in scope.

import { serviceKey } from '../model/declared.ts'
import { isOurs } from '../model/marks.ts'
import { type CurrentService } from '../model/objects.ts'
import { type Scope } from '../model/ports.ts'
import { type ManifestFile } from './read-manifest.ts'
import { objectsOf } from './write-changes.ts'

/** A folder may hold much that is nobody's business here. */
export function isInScope(current: CurrentService, { keys, instance }: Scope): boolean {
  if (keys === undefined || keys.has(serviceKey(current))) return true
  return instance !== undefined && objectsOf(current).some((object) => isOurs(object, instance))
}

export interface KnownFiles {
  readonly services: ReadonlyMap<string, CurrentService>
  file(key: string): ManifestFile | undefined
  keysIn(namespace: string): readonly string[]
  /** True where something of it is another than was known. What is not in scope is not kept. */
  put(file: ManifestFile, scope: Scope): boolean
  remove(key: string): boolean
  /** Lets go what is not in scope any more. */
  retain(scope: Scope): void
}

export function knownFiles(): KnownFiles {
  const files = new Map<string, ManifestFile>()
  const services = new Map<string, CurrentService>()
  const remove = (key: string): boolean => {
    files.delete(key)
    return services.delete(key)
  }
  return {
    services, remove,
    file: (key) => files.get(key),
    retain: (scope) => { for (const [key, current] of services) if (!isInScope(current, scope)) remove(key) },
    keysIn: (namespace) => [...services.values()].filter((service) => service.namespace === namespace).map(serviceKey),
    put: (file, scope) => {
      const { current, digest } = file
      const key = serviceKey(current)
      const before = files.get(key)
      const isThere = digest !== undefined || current.unreadable !== undefined
      if (!isThere || !isInScope(current, scope)) return remove(key)
      files.set(key, file)
      services.set(key, current)
      return before === undefined || before.digest !== digest || before.current.unreadable !== current.unreadable
    },
  }
}
