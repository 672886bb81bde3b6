// What a person does to objects, by way of the API server that is never disturbed, so that the oracle knows whose doing it is.

import { type Connection } from '../cluster/harness/connection.ts'
import { raw } from '../cluster/harness/raw.ts'
import { type Endpoints, type EndpointSlice, type Kind, type Service } from '../../src/model/objects.ts'

interface Kinds { readonly Service: Service; readonly Endpoints: Endpoints; readonly EndpointSlice: EndpointSlice }

export interface ByHand {
  make(path: string, object: object): Promise<void>
  find<Of extends Kind>(kind: Of, namespace: string, name: string): Promise<Kinds[Of] | undefined>
  slicesOf(namespace: string, service: string): Promise<readonly EndpointSlice[]>
  destroy(kind: Kind, namespace: string, name: string): Promise<void>
  /** A merge patch. */
  edit(kind: Kind, namespace: string, name: string, change: object): Promise<void>
  /** Whether an event with this object came of a write by hand, or of the garbage that one left. */
  isOurs(type: string, object: { readonly metadata: { readonly uid?: string; readonly resourceVersion?: string; readonly ownerReferences?: readonly { readonly uid: string }[] } }): boolean
}

const groups: Readonly<Record<Kind, string>> = {
  Service: '/api/v1/namespaces/NS/services', Endpoints: '/api/v1/namespaces/NS/endpoints',
  EndpointSlice: '/apis/discovery.k8s.io/v1/namespaces/NS/endpointslices',
}

export function collectionOf(kind: Kind, namespace: string): string {
  return groups[kind].replace('NS', namespace)
}

export function byHand(to: Connection): ByHand {
  const deleted = new Set<string>()
  const written = new Set<string>()
  const find: ByHand['find'] = async (kind, namespace, name) => {
    const { status, body } = await raw('GET', `${collectionOf(kind, namespace)}/${name}`, undefined, { to })
    return status === 200 ? body as never : undefined
  }
  return {
    find,
    async make(path, object) {
      const { status, body } = await raw('POST', path, object, { to })
      if (status !== 201) throw new Error(`Cannot make ${path}: ${status} ${JSON.stringify(body)}`)
      written.add((body as Service).metadata.resourceVersion ?? '')
    },
    async slicesOf(namespace, service) {
      const { body } = await raw('GET', `${collectionOf('EndpointSlice', namespace)}?labelSelector=kubernetes.io%2Fservice-name%3D${service}`, undefined, { to })
      return (body as { items: EndpointSlice[] }).items
    },
    async destroy(kind, namespace, name) {
      const uid = (await find(kind, namespace, name))?.metadata.uid
      if (uid === undefined) return
      // Before it is sent: its event may be faster than its answer.
      deleted.add(uid)
      await raw('DELETE', `${collectionOf(kind, namespace)}/${name}`, { kind: 'DeleteOptions', apiVersion: 'v1', preconditions: { uid }, propagationPolicy: 'Background' }, { to })
    },
    async edit(kind, namespace, name, change) {
      const { body } = await raw('PATCH', `${collectionOf(kind, namespace)}/${name}`, change, { to, headers: { 'content-type': 'application/merge-patch+json' } })
      const version = (body as Partial<Service>).metadata?.resourceVersion
      if (version !== undefined) written.add(version)
    },
    isOurs: (type, { metadata }) => type === 'DELETED'
      ? deleted.has(metadata.uid ?? '') || (metadata.ownerReferences ?? []).some(({ uid }) => deleted.has(uid))
      : written.has(metadata.resourceVersion ?? ''),
  }
}
