// The few rules of the API server that ordering, conflicts and idempotence depend on: defaults, versions, preconditions.
// What the real one does is tested against the real one; this is for the pure core and the order of a pass.

import { type Change } from '../../src/model/changes.ts'
import { type Family } from '../../src/model/declared.ts'
import { mirroringController, serviceNameLabel, skipMirrorLabel, sliceManagedByLabel } from '../../src/model/marks.ts'
import { type CurrentService, type Endpoints, type EndpointSlice, type ManagedObject, type Service } from '../../src/model/objects.ts'
import { type WriteResult } from '../../src/model/ports.ts'

type Failure = NonNullable<WriteResult['failure']>

export class MemoryApi {
  readonly families: readonly Family[]
  /** Every write that was accepted, in order. */
  readonly writes: Change[] = []
  readonly #objects = new Map<string, ManagedObject>()
  #version = 0

  constructor(families: readonly Family[] = ['IPv4']) {
    this.families = families
  }

  /** Stores an object whatever was there, as somebody else would. */
  put(object: ManagedObject): void {
    const meta = this.#objects.get(keyOf(object))?.metadata ?? {}
    this.#store({ ...object, metadata: { ...meta, ...object.metadata } })
  }

  objects(): readonly ManagedObject[] {
    return [...this.#objects.values()]
  }

  current(namespace: string, name: string): CurrentService {
    const here = this.objects().filter(({ metadata }) => metadata.namespace === namespace)
    const service = here.find((object): object is Service => object.kind === 'Service' && object.metadata.name === name)
    const endpoints = here.find((object): object is Endpoints => object.kind === 'Endpoints' && object.metadata.name === name)
    const slices = here.filter((object): object is EndpointSlice => object.kind === 'EndpointSlice' && object.metadata.labels?.[serviceNameLabel] === name)
    return { namespace, name, slices, ...(service && { service }), ...(endpoints && { endpoints }) }
  }

  /** One service's changes, in order, up to the first that fails: `onWrite` sees the state after each. */
  write(changes: readonly Change[], onWrite: (change: Change) => void = () => undefined): WriteResult {
    const applied: Change[] = []
    const written = new Set<string>()
    for (const change of changes) {
      const failure = this.#writeOne(change, written)
      if (failure !== undefined) return { applied, failure: { change, ...failure } }
      applied.push(change)
      this.writes.push(change)
      onWrite(change)
    }
    return { applied }
  }

  /** What the mirroring controller would do next. */
  mirror(): void {
    for (const object of this.objects()) {
      if (object.metadata.labels?.[sliceManagedByLabel] === mirroringController) this.#objects.delete(keyOf(object))
    }
    for (const object of this.objects()) {
      if (object.kind === 'Endpoints' && object.metadata.labels?.[skipMirrorLabel] !== 'true') for (const slice of mirrored(object)) this.#store(slice)
    }
  }

  #writeOne(change: Change, written: Set<string>): Omit<Failure, 'change'> | undefined {
    const object = change.verb === 'delete' ? change.current : change.desired
    const there = this.#objects.get(keyOf(object))
    // A version that this sequence itself made old is no conflict.
    const isStale = there?.metadata.resourceVersion !== object.metadata.resourceVersion && !written.has(keyOf(object))
    switch (change.verb) {
      case 'create':
        if (there !== undefined) return { kind: 'exists', message: 'already exists' }
        break
      case 'update':
        if (there === undefined || isStale) return { kind: 'stale', message: 'the object has been modified' }
        break
      case 'delete':
        if (there === undefined) return undefined
        if (isStale) return { kind: 'stale', message: 'the object has been modified' }
        this.#objects.delete(keyOf(object))
        return undefined
    }
    written.add(keyOf(object))
    const { uid } = there?.metadata ?? {}
    this.#store(this.#owned({ ...object, metadata: { ...object.metadata, ...(uid !== undefined && { uid }) } }))
    return undefined
  }

  /** The writer owns what comes with a new Service by the uid that it was just given. */
  #owned<Kind extends ManagedObject>(object: Kind): Kind {
    if (object.kind === 'Service' || (object.metadata.ownerReferences ?? []).length > 0) return object
    const name = object.kind === 'Endpoints' ? object.metadata.name : object.metadata.labels?.[serviceNameLabel] ?? ''
    const uid = this.current(object.metadata.namespace, name).service?.metadata.uid
    if (uid === undefined) return object
    return { ...object, metadata: { ...object.metadata, ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name, uid, controller: true }] } }
  }

  #store(object: ManagedObject): void {
    const resourceVersion = String(++this.#version)
    const metadata = { ...object.metadata, uid: object.metadata.uid ?? `uid-${this.#version}`, resourceVersion }
    this.#objects.set(keyOf(object), this.#defaulted({ ...object, metadata }))
  }

  #defaulted(object: ManagedObject): ManagedObject {
    switch (object.kind) {
      case 'Service': return { ...object, spec: this.#defaultedSpec(object.spec) }
      case 'EndpointSlice': return {
        ...object,
        endpoints: orNull(object.endpoints),
        ports: orNull(object.ports?.map((each) => ({ name: '', protocol: 'TCP', ...each }))),
      }
      case 'Endpoints': return {
        ...object,
        subsets: orNull(object.subsets?.map((subset) => ({ ...subset, ports: (subset.ports ?? []).map((each) => ({ protocol: 'TCP', ...each })) }))),
      }
    }
  }

  #defaultedSpec(spec: Service['spec']): Service['spec'] {
    if (spec.type === 'ExternalName') return spec
    const wants = spec.ipFamilyPolicy ?? 'SingleStack'
    const ipFamilies = wants === 'SingleStack' ? (spec.ipFamilies ?? this.families).slice(0, 1) : this.families
    const clusterIP = spec.clusterIP ?? '10.96.0.10'
    return {
      sessionAffinity: 'None', internalTrafficPolicy: 'Cluster', type: 'ClusterIP', ...spec, clusterIP,
      clusterIPs: ipFamilies.map((family) => (clusterIP === 'None' ? 'None' : family === 'IPv4' ? clusterIP : 'fd00:96::10')),
      ipFamilyPolicy: wants, ipFamilies,
      ports: (spec.ports ?? []).map((each) => ({ protocol: 'TCP', targetPort: each.port, ...each })),
    }
  }
}

/** The API answers empty lists as null. */
function orNull<Item>(items: readonly Item[] | null | undefined): readonly Item[] | null {
  return (items ?? []).length === 0 ? null : items ?? null
}

function keyOf({ kind, metadata }: ManagedObject): string {
  return `${kind} ${metadata.namespace}/${metadata.name}`
}

function mirrored({ metadata, subsets }: Endpoints): EndpointSlice[] {
  const { namespace, name, labels, annotations } = metadata
  return (subsets ?? []).flatMap((subset, index) => (['IPv4', 'IPv6'] as const).flatMap((family) => {
    const endpoints = [...(subset.addresses ?? []).map(({ ip }) => [ip, true] as const), ...(subset.notReadyAddresses ?? []).map(({ ip }) => [ip, false] as const)]
      .filter(([ip]) => ip.includes(':') === (family === 'IPv6'))
      .map(([ip, ready]) => ({ addresses: [ip], conditions: { ready } }))
    return endpoints.length === 0 ? [] : [{
      apiVersion: 'discovery.k8s.io/v1' as const, kind: 'EndpointSlice' as const, addressType: family, endpoints, ports: subset.ports ?? [],
      metadata: {
        name: `${name}-mirrored-${index}-${family.toLowerCase()}`, namespace, annotations: annotations ?? {},
        labels: { ...labels, [serviceNameLabel]: name, [sliceManagedByLabel]: mirroringController },
      },
    }]
  }))
}
