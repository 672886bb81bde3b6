import { serviceKey } from '../model/declared.ts'
import { instanceLabel } from '../model/marks.ts'
import { type CurrentService, type Endpoints, type EndpointSlice, type ManagedObject, type Service } from '../model/objects.ts'
import { type NamespaceState, type Scope } from '../model/ports.ts'
import { type KubernetesClient } from './client.ts'
import { clusterIPsOf } from './cluster-ips-of.ts'
import { listObjects } from './list-objects.ts'
import { namespaceState } from './namespace-state.ts'
import { readOneService } from './read-one-service.ts'
import { serviceNameOf } from './service-name-of.ts'

export interface NamespaceReading {
  readonly state: NamespaceState
  readonly services: readonly CurrentService[]
  /** Every ClusterIP in the namespace -> whose it is. */
  readonly ownRanges: ReadonlyMap<string, string>
}

/** Reads one namespace in one round of lists. Rejects with ClusterError where any of them is refused. */
export async function readNamespace(client: KubernetesClient, namespace: string, scope: Scope, signal: AbortSignal): Promise<NamespaceReading> {
  const ownRanges = new Map<string, string>()
  const passedOver = new Set<string>()
  const isKept = ({ metadata }: ManagedObject, name: string): boolean => {
    const isOurs = metadata.labels?.[instanceLabel] === scope.instance
    if (scope.keys === undefined || isOurs || scope.keys.has(serviceKey({ namespace, name }))) return true
    passedOver.add(name)
    return false
  }
  const [state, services, slices, endpoints] = await Promise.all([
    namespaceState(client, namespace, signal),
    listObjects(client, { kind: 'Service', namespace, keep: (service) => {
      for (const address of clusterIPsOf(service)) ownRanges.set(address, `ClusterIP of ${serviceKey(service.metadata)}`)
      return isKept(service, service.metadata.name)
    } }, signal),
    listObjects(client, { kind: 'EndpointSlice', namespace, keep: (slice) => isKept(slice, serviceNameOf(slice)) }, signal),
    listObjects(client, { kind: 'Endpoints', namespace, keep: (object) => isKept(object, object.metadata.name) }, signal),
  ])
  const found = group(namespace, services, slices, endpoints)
  // Ours by one object and let go with another: rare (a leftover with something foreign), so it is read again whole.
  const whole = await Promise.all(found.map(async (service) =>
    passedOver.has(service.name) ? readOneService(client, namespace, service.name, signal) : service))
  return { state, services: whole, ownRanges }
}

function group(
  namespace: string,
  services: readonly Service[],
  slices: readonly EndpointSlice[],
  endpoints: readonly Endpoints[],
): CurrentService[] {
  const serviceOf = new Map(services.map((service) => [service.metadata.name, service]))
  const endpointsOf = new Map(endpoints.map((object) => [object.metadata.name, object]))
  const slicesOf = Map.groupBy(slices, serviceNameOf)
  const names = new Set([...serviceOf.keys(), ...slicesOf.keys(), ...endpointsOf.keys()])
  return [...names].map((name) => {
    const service = serviceOf.get(name)
    const object = endpointsOf.get(name)
    return { namespace, name, ...(service && { service }), slices: slicesOf.get(name) ?? [], ...(object && { endpoints: object }) }
  })
}
