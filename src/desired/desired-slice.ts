import { type DeclaredPort } from '../model/declared.ts'
import { evidenceAnnotation, headlessLabel, serviceNameLabel, sliceManagedBy, sliceManagedByLabel } from '../model/marks.ts'
import { type EndpointSlice, type OwnerReference, type Service, type SliceEndpoint, type SlicePort } from '../model/objects.ts'
import { writeEvidence, type StaleSince, type Witness } from './evidence.ts'
import { annotationsOf, ownMarks, without } from '../model/metadata.ts'
import { type PackedSlice, type Packable } from './pack-slices.ts'

/** One address with everything decided about it. */
export interface DesiredEndpoint extends Packable, Witness {
  readonly ready: boolean
  readonly serving: boolean
}

export interface SliceContext {
  readonly service: { readonly namespace: string; readonly name: string; readonly ports: readonly DeclaredPort[] }
  readonly instance: string
  /** The Service's current uid; undefined where it does not exist yet, or never will (a directory). */
  readonly serviceUid: string | undefined
  readonly staleSince: StaleSince
}

export function desiredSlice(packed: PackedSlice<DesiredEndpoint>, name: string, context: SliceContext): EndpointSlice {
  const { current, family, endpoints } = packed
  const { namespace } = context.service
  const metadata = current?.metadata ?? { namespace, name }
  const evidence = writeEvidence(endpoints, context.staleSince[family])
  return {
    ...(current ?? { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' }),
    metadata: {
      ...metadata,
      // A slice with the headless label is not seen by kube-proxy at all.
      labels: { ...without(metadata.labels, [headlessLabel]), ...ownMarks(context.instance), [serviceNameLabel]: context.service.name, [sliceManagedByLabel]: sliceManagedBy },
      ...annotationsOf({ ...without(metadata.annotations, [evidenceAnnotation]), ...(evidence !== undefined && { [evidenceAnnotation]: evidence }) }, metadata.annotations),
      ...ownersOf(metadata.ownerReferences, context),
    },
    addressType: family,
    endpoints: endpoints.map((endpoint) => desiredEndpoint(endpoint, current)),
    ports: slicePorts(context.service.ports, packed.ports),
  }
}

function desiredEndpoint({ address, ready, serving }: DesiredEndpoint, current: EndpointSlice | undefined): SliceEndpoint {
  const before = (current?.endpoints ?? []).find(({ addresses }) => addresses[0] === address)
  return { ...before, addresses: [address], conditions: { ready, serving, terminating: false } }
}

/** What of an endpoint we write, as text: the current slice's to compare with the desired one's. */
export function endpointState(ready: boolean, serving: boolean, isTerminating = false): string {
  return `${ready}/${serving}/${isTerminating}`
}

export function currentState(slice: EndpointSlice, address: string): string | undefined {
  const conditions = slice.endpoints?.find(({ addresses }) => addresses[0] === address)?.conditions
  return conditions === undefined ? undefined
    : endpointState(conditions.ready ?? true, conditions.serving ?? true, conditions.terminating ?? false)
}

/** Numbers by target, names and protocols by the declaration; the protocol is written, since the server's default counts as a difference. */
export function slicePorts(declared: readonly DeclaredPort[], numbers: Readonly<Record<string, number>>): SlicePort[] {
  return declared.flatMap(({ name, protocol, appProtocol }) => {
    const port = numbers[name]
    return port === undefined ? [] : [{ name, port, protocol, ...(appProtocol !== undefined && { appProtocol }) }]
  })
}

export function ownerOf(service: { readonly name: string }, uid: string): OwnerReference {
  return { apiVersion: 'v1', kind: 'Service', name: service.name, uid, controller: true }
}

/** Does another Service of that name, since gone, own it? The garbage collector is about to delete it. */
export function hasStaleOwner(object: { readonly metadata: EndpointSlice['metadata'] }, service: Service | undefined): boolean {
  const owner = object.metadata.ownerReferences?.find(({ kind }) => kind === 'Service')
  return owner !== undefined && owner.uid !== service?.metadata.uid
}

export function ownersOf(
  current: readonly OwnerReference[] | null | undefined,
  { service, serviceUid }: Pick<SliceContext, 'service' | 'serviceUid'>,
): { ownerReferences?: readonly OwnerReference[] } {
  if (current?.some(({ kind }) => kind === 'Service') === true) return { ownerReferences: current }
  if (serviceUid === undefined) return current === undefined || current === null ? {} : { ownerReferences: current }
  return { ownerReferences: [...(current ?? []), ownerOf(service, serviceUid)] }
}
