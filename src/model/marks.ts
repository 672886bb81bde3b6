// The marks by which an object is known as ours.

export const managedBy = 'endpoint-registrar'
export const fieldManager = 'endpoint-registrar'
export const managedByLabel = 'app.kubernetes.io/managed-by'
export const instanceLabel = 'endpoint-registrar.io/instance'

export const serviceNameLabel = 'kubernetes.io/service-name'
export const sliceManagedByLabel = 'endpointslice.kubernetes.io/managed-by'
export const headlessLabel = 'service.kubernetes.io/headless'
/** A label value cannot hold a slash. */
export const sliceManagedBy = 'endpoint-registrar.io'
export const mirroringController = 'endpointslicemirroring-controller.k8s.io'
export const sliceController = 'endpointslice-controller.k8s.io'
/** Exactly `"true"` keeps the mirroring controller away from an Endpoints object. */
export const skipMirrorLabel = 'endpointslice.kubernetes.io/skip-mirror'
export const overCapacityAnnotation = 'endpoints.kubernetes.io/over-capacity'

/** On the Service: which labels and annotations the config put there, so that they can go again. */
export const appliedAnnotation = 'endpoint-registrar.io/applied'
/** On slices (and on Endpoints where they are all there is): which host an address came from, verdicts, staleness. */
export const evidenceAnnotation = 'endpoint-registrar.io/evidence'
/** On a Service that somebody else made and we were told to adopt: released, never deleted. */
export const adoptedAnnotation = 'endpoint-registrar.io/adopted'
/** On a Service, by hand: `"true"` and nothing of it is changed. */
export const pausedAnnotation = 'endpoint-registrar.io/paused'

interface Labelled {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> | null }
}

/** Ours means: our manager and this instance. A mirrored slice copies our labels and is the mirror's all the same. */
export function isOurs(object: Labelled, instance: string): boolean {
  const labels = object.metadata.labels ?? {}
  return labels[managedByLabel] === managedBy && labels[instanceLabel] === instance && !isMirrored(object)
}

export function isMirrored(object: Labelled): boolean {
  return object.metadata.labels?.[sliceManagedByLabel] === mirroringController
}
