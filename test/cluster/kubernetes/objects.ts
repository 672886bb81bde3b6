import { type Change } from '../../../src/model/changes.ts'
import { instanceLabel, managedBy, managedByLabel, serviceNameLabel, sliceManagedBy, sliceManagedByLabel } from '../../../src/model/marks.ts'
import { type Endpoints, type EndpointSlice, type ManagedObject, type Service, type ServiceSpec } from '../../../src/model/objects.ts'

const marks = { [managedByLabel]: managedBy, [instanceLabel]: 'test' }

export function service(namespace: string, name: string, spec: ServiceSpec = {}): Service {
  return { apiVersion: 'v1', kind: 'Service', metadata: { namespace, name, labels: marks }, spec: { ports: [{ port: 80 }], ...spec } }
}

export function slice(namespace: string, serviceName: string, name = `${serviceName}-ipv4-0`, addresses = ['192.0.2.1']): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace, name, labels: { ...marks, [serviceNameLabel]: serviceName, [sliceManagedByLabel]: sliceManagedBy } },
    addressType: 'IPv4',
    ports: [{ name: '', port: 8080, protocol: 'TCP' }],
    endpoints: addresses.map((address) => ({ addresses: [address] })),
  }
}

export function endpoints(namespace: string, name: string): Endpoints {
  return {
    apiVersion: 'v1', kind: 'Endpoints', metadata: { namespace, name, labels: { ...marks, 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
    subsets: [{ addresses: [{ ip: '192.0.2.1' }], ports: [{ port: 8080 }] }],
  }
}

export function creation(desired: ManagedObject): Change {
  return { verb: 'create', desired, summary: [] }
}

export function deletion(current: ManagedObject): Change {
  return { verb: 'delete', current, summary: [] }
}

export function updating(current: ManagedObject, desired: ManagedObject): Change {
  return { verb: 'update', current, desired, summary: [] }
}
