import { type Kind, type ManagedObject } from '../model/objects.ts'

const resources = {
  Service: { apiVersion: 'v1', prefix: '/api/v1', plural: 'services' },
  Endpoints: { apiVersion: 'v1', prefix: '/api/v1', plural: 'endpoints' },
  EndpointSlice: { apiVersion: 'discovery.k8s.io/v1', prefix: '/apis/discovery.k8s.io/v1', plural: 'endpointslices' },
} as const satisfies Record<Kind, { apiVersion: string; prefix: string; plural: string }>

export function apiVersionOf(kind: Kind): string {
  return resources[kind].apiVersion
}

/** Where objects of a kind are listed and created: in one namespace, or in all. */
export function collectionPath(kind: Kind, namespace?: string): string {
  const { prefix, plural } = resources[kind]
  return namespace === undefined ? `${prefix}/${plural}` : `${prefix}/namespaces/${encodeURIComponent(namespace)}/${plural}`
}

export function objectPath(kind: Kind, namespace: string, name: string): string {
  return `${collectionPath(kind, namespace)}/${encodeURIComponent(name)}`
}

export function pathOf({ kind, metadata }: ManagedObject): string {
  return objectPath(kind, metadata.namespace, metadata.name)
}
