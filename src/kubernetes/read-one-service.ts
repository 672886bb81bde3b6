import { serviceNameLabel } from '../model/marks.ts'
import { type CurrentService, type Endpoints, type Kind, type ManagedObject, type Service } from '../model/objects.ts'
import { type KubernetesClient } from './client.ts'
import { hasStatus } from './cluster-error.ts'
import { listObjects, tidy } from './list-objects.ts'
import { objectPath } from './resources.ts'

/** All that exists under one service's name. Rejects with ClusterError where it may not be read. */
export async function readOneService(
  client: KubernetesClient,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<CurrentService> {
  const selectors = { labelSelector: `${serviceNameLabel}=${name}` }
  const get = (kind: Kind): Promise<ManagedObject | undefined> => getObject(client, kind, objectPath(kind, namespace, name), signal)
  const [service, endpoints, slices] = await Promise.all([
    get('Service'),
    get('Endpoints'),
    listObjects(client, { kind: 'EndpointSlice', namespace, selectors }, signal),
  ])
  return { namespace, name, ...(service && { service: service as Service }), slices, ...(endpoints && { endpoints: endpoints as Endpoints }) }
}

async function getObject(client: KubernetesClient, kind: Kind, path: string, signal: AbortSignal): Promise<ManagedObject | undefined> {
  try {
    return tidy(kind, await client.call({ method: 'GET', path }, signal) as ManagedObject)
  } catch (error) {
    if (hasStatus(error, 404)) return undefined
    throw error
  }
}
