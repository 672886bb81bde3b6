import { serviceKey } from '../model/declared.ts'
import { instanceLabel } from '../model/marks.ts'
import { type CurrentService, type ManagedObject } from '../model/objects.ts'
import { type Current, type NamespaceState, type Scope } from '../model/ports.ts'
import { type KubernetesClient } from './client.ts'
import { ClusterError, hasStatus, isUnreachable } from './cluster-error.ts'
import { listObjects } from './list-objects.ts'
import { type NamespaceReading, readNamespace } from './read-namespace.ts'

/**
 * Reads the namespaces of the scope, each on its own: one that refuses us is `unreadable` and stops no other.
 * `alsoIn` are namespaces to look in for owned services when asked to look everywhere; undefined asks the whole cluster.
 */
export async function readCurrent(
  client: KubernetesClient,
  scope: Scope,
  alsoIn: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<Current> {
  const readAll = (names: readonly string[]): Promise<(readonly [string, NamespaceReading | string])[]> =>
    Promise.all(names.map(async (name) => [name, await orWhyNot(readNamespace(client, name, scope, signal))] as const))
  const inScope = [...new Set(scope.namespaces)].sort()
  const reachElsewhere = async (): Promise<{ readonly readings: Awaited<ReturnType<typeof readAll>>; readonly unsearched?: string }> => {
    const { namespaces, ...rest } = await ownedElsewhere(client, scope, alsoIn, signal)
    return { readings: await readAll(namespaces), ...rest }
  }
  const [declared, { readings, ...rest }] = await Promise.all([readAll(inScope), scope.everywhere ? reachElsewhere() : { readings: [] }])
  return { ...gather([...declared, ...readings]), ...rest }
}

function gather(readings: readonly (readonly [string, NamespaceReading | string])[]): Current {
  const services = new Map<string, CurrentService>()
  const namespaces = new Map<string, NamespaceState>()
  const unreadable = new Map<string, string>()
  const ownRanges = new Map<string, string>()
  for (const [name, reading] of readings) {
    if (typeof reading === 'string') {
      unreadable.set(name, reading)
      continue
    }
    namespaces.set(name, reading.state)
    for (const service of reading.services) services.set(serviceKey(service), service)
    for (const [address, what] of reading.ownRanges) ownRanges.set(address, what)
  }
  return { services, namespaces, unreadable, ownRanges }
}

export interface Elsewhere {
  readonly namespaces: readonly string[]
  /** Why the cluster may not be searched, or not in full. */
  readonly unsearched?: string
}

/** Namespaces outside the scope that may hold something with our mark. */
export async function ownedElsewhere(
  client: KubernetesClient,
  { instance, namespaces }: Scope,
  alsoIn: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<Elsewhere> {
  if (alsoIn !== undefined) return { namespaces: [...new Set(alsoIn)].filter((name) => !namespaces.includes(name)).sort() }
  if (instance === undefined) return { namespaces: [] }
  // What is in the scope is read in full anyway; a URL has its limits.
  const fieldSelector = namespaces.length > 100 ? '' : namespaces.map((name) => `metadata.namespace!=${name}`).join(',')
  const selectors = { labelSelector: `${instanceLabel}=${instance}`, ...(fieldSelector !== '' && { fieldSelector }) }
  const found = new Set<string>()
  const keep = ({ metadata }: ManagedObject): boolean => {
    found.add(metadata.namespace)
    return false
  }
  const refusals = await Promise.all((['Service', 'EndpointSlice'] as const).map(async (kind) => {
    try {
      await listObjects(client, { kind, selectors, keep }, signal)
      return undefined
    } catch (error) {
      if (!hasStatus(error, 403)) throw error
      return error.message
    }
  }))
  const unsearched = refusals.find((message) => message !== undefined)
  return { namespaces: [...found].filter((name) => !namespaces.includes(name)).sort(), ...(unsearched !== undefined && { unsearched }) }
}

async function orWhyNot<T>(reading: Promise<T>): Promise<T | string> {
  try {
    return await reading
  } catch (error) {
    if (error instanceof ClusterError && !isUnreachable(error)) return error.message
    throw error
  }
}
