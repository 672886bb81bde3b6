// What is not ours is never touched: why a service is refused, from what stands under its name.

import { serviceKey, type DeclaredService } from '../model/declared.ts'
import { instanceLabel, isMirrored, isOurs, managedBy, managedByLabel, sliceController, sliceManagedBy, sliceManagedByLabel } from '../model/marks.ts'
import { type CurrentService, type EndpointSlice, type ObjectMeta, type Service } from '../model/objects.ts'

// An object with a label or annotation of these is kept by another tool, which would put back what we change.
const otherToolsMarks = [
  'meta.helm.sh/', 'argocd.argoproj.io/', 'kustomize.toolkit.fluxcd.io/', 'helm.toolkit.fluxcd.io/', 'fluxcd.io/',
  'configmanagement.gke.io/', 'config.k8s.io/', 'kapp.k14s.io/', 'objectset.rio.cattle.io/', 'olm.',
]
const otherTools = ['Helm', 'argocd', 'flux', 'kapp', 'pulumi']

/** The reason, or undefined where the service may be written. */
export function refusalOf(declared: DeclaredService, current: CurrentService, instance: string): string | undefined {
  const { service } = current
  if (serviceKey(declared) === 'default/kubernetes') return 'default/kubernetes is the API server itself'
  return (service === undefined ? undefined : serviceRefusal(service, declared.adopt, instance))
    ?? first(current.slices, (slice) => sliceRefusal(slice, current, declared.adopt, instance))
    ?? endpointsRefusal(current, declared.adopt, instance)
}

function serviceRefusal(service: Service, adopt: boolean, instance: string): string | undefined {
  if (service.metadata.deletionTimestamp !== undefined) return 'Service is being deleted'
  if (Object.keys(service.spec.selector ?? {}).length > 0) return 'Service has a selector: its endpoints belong to the cluster'
  if (isOurs(service, instance)) return undefined
  const other = otherInstance(service.metadata, instance)
  if (other !== undefined) return `Service belongs to instance ${other}`
  return adopt ? adoptionRefusal(service) : 'Service exists and is not ours (adopt: true takes it over)'
}

function adoptionRefusal({ metadata, spec }: Service): string | undefined {
  const keeper = keeperOf(metadata, metadata.name)
  if (keeper !== undefined) return `Service cannot be adopted: ${keeper}`
  if (!['ClusterIP', 'ExternalName', undefined].includes(spec.type)) return `Service cannot be adopted: it is of type ${spec.type}`
  return undefined
}

/** Who else keeps this object, and would put back what we change or take it away. Its own Service as owner is fine. */
function keeperOf({ labels, annotations, ownerReferences }: ObjectMeta, service: string): string | undefined {
  const owner = ownerReferences?.find(({ apiVersion, kind, name }) => apiVersion !== 'v1' || kind !== 'Service' || name !== service)
  if (owner !== undefined) return `it belongs to ${owner.kind} ${owner.name}`
  const marks = { ...labels, ...annotations }
  const mark = Object.keys(marks).find((key) => otherToolsMarks.some((prefix) => key.startsWith(prefix)))
  if (mark !== undefined) return `it carries the mark ${mark} of another tool`
  const tool = otherTools.find((name) => name.toLowerCase() === labels?.[managedByLabel]?.toLowerCase())
  return tool === undefined ? undefined : `it is managed by ${tool}`
}

function sliceRefusal(slice: EndpointSlice, current: CurrentService, adopt: boolean, instance: string): string | undefined {
  if (isOurs(slice, instance)) return undefined
  const { name } = slice.metadata
  const manager = slice.metadata.labels?.[sliceManagedByLabel]
  if (isMirrored(slice)) {
    // Mirrored from Endpoints of ours: expected with `publish: endpoints`, a leftover otherwise. From others': theirs.
    const isMirrorOfOurs = current.endpoints === undefined ? otherwiseOurs(slice, instance) : isOurs(current.endpoints, instance)
    return isMirrorOfOurs || adopt ? undefined : `EndpointSlice ${name} is mirrored from Endpoints that are not ours`
  }
  const other = otherInstance(slice.metadata, instance)
  if (other !== undefined) return `EndpointSlice ${name} belongs to instance ${other}`
  if (!adopt || manager === sliceController) return `EndpointSlice ${name} of ${manager ?? 'somebody else'} serves the same Service`
  const keeper = keeperOf(slice.metadata, current.name)
  return keeper === undefined ? undefined : `EndpointSlice ${name} cannot be adopted: ${keeper}`
}

function endpointsRefusal({ name, endpoints }: CurrentService, adopt: boolean, instance: string): string | undefined {
  if (endpoints === undefined || isOurs(endpoints, instance)) return undefined
  const other = otherInstance(endpoints.metadata, instance)
  if (other !== undefined) return `Endpoints belong to instance ${other}`
  if (!adopt) return 'Endpoints of this name are not ours (adopt: true takes them over)'
  const keeper = keeperOf(endpoints.metadata, name)
  return keeper === undefined ? undefined : `Endpoints cannot be adopted: ${keeper}`
}

/** The mirroring controller copies our labels. */
function otherwiseOurs({ metadata }: EndpointSlice, instance: string): boolean {
  return metadata.labels?.[managedByLabel] === managedBy && metadata.labels[instanceLabel] === instance
}

/** Another registrar's object is never adopted: two would write it in turn. One of ours that lost a mark may be. */
function otherInstance({ labels }: ObjectMeta, instance: string): string | undefined {
  const isRegistrars = labels?.[managedByLabel] === managedBy || labels?.[sliceManagedByLabel] === sliceManagedBy
  const whose = isRegistrars ? labels[instanceLabel] ?? '(none)' : undefined
  return whose === instance ? undefined : whose
}

function first<Item, Result>(items: readonly Item[], of: (item: Item) => Result | undefined): Result | undefined {
  for (const item of items) {
    const result = of(item)
    if (result !== undefined) return result
  }
  return undefined
}
