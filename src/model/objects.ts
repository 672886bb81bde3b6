// Kubernetes objects as the JSON they are. What we do not know of them is carried along untouched.

export interface ObjectMeta {
  readonly name: string
  readonly namespace: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly deletionTimestamp?: string
  readonly labels?: Readonly<Record<string, string>> | null
  readonly annotations?: Readonly<Record<string, string>> | null
  readonly ownerReferences?: readonly OwnerReference[] | null
  readonly [field: string]: unknown
}

export interface OwnerReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean
  readonly [field: string]: unknown
}

export interface ServicePort {
  readonly name?: string
  readonly port: number
  readonly targetPort?: number | string
  readonly protocol?: string
  readonly appProtocol?: string
  readonly [field: string]: unknown
}

export interface ServiceSpec {
  readonly type?: string
  readonly selector?: Readonly<Record<string, string>> | null
  readonly clusterIP?: string
  readonly clusterIPs?: readonly string[]
  readonly ipFamilies?: readonly ('IPv4' | 'IPv6')[]
  readonly ipFamilyPolicy?: string
  readonly ports?: readonly ServicePort[] | null
  readonly externalName?: string
  readonly internalTrafficPolicy?: string
  readonly [field: string]: unknown
}

export interface Service {
  readonly apiVersion: 'v1'
  readonly kind: 'Service'
  readonly metadata: ObjectMeta
  readonly spec: ServiceSpec
  readonly [field: string]: unknown
}

export interface SlicePort {
  readonly name?: string
  readonly port?: number | null
  readonly protocol?: string
  readonly appProtocol?: string
  readonly [field: string]: unknown
}

export interface SliceEndpoint {
  readonly addresses: readonly string[]
  readonly conditions?: {
    readonly ready?: boolean | null
    readonly serving?: boolean | null
    readonly terminating?: boolean | null
  }
  readonly [field: string]: unknown
}

/** The API answers empty lists as null. */
export interface EndpointSlice {
  readonly apiVersion: 'discovery.k8s.io/v1'
  readonly kind: 'EndpointSlice'
  readonly metadata: ObjectMeta
  readonly addressType: 'IPv4' | 'IPv6' | 'FQDN'
  readonly endpoints?: readonly SliceEndpoint[] | null
  readonly ports?: readonly SlicePort[] | null
  readonly [field: string]: unknown
}

export interface EndpointAddress {
  readonly ip: string
  readonly [field: string]: unknown
}

export interface EndpointPort {
  readonly name?: string
  readonly port: number
  readonly protocol?: string
  readonly appProtocol?: string
  readonly [field: string]: unknown
}

export interface EndpointSubset {
  readonly addresses?: readonly EndpointAddress[] | null
  readonly notReadyAddresses?: readonly EndpointAddress[] | null
  readonly ports?: readonly EndpointPort[] | null
}

export interface Endpoints {
  readonly apiVersion: 'v1'
  readonly kind: 'Endpoints'
  readonly metadata: ObjectMeta
  readonly subsets?: readonly EndpointSubset[] | null
  readonly [field: string]: unknown
}

export type ManagedObject = Service | EndpointSlice | Endpoints
export type Kind = ManagedObject['kind']

/** Everything that exists under one service's name, ours or not. */
export interface CurrentService {
  readonly namespace: string
  readonly name: string
  readonly service?: Service
  /** Every slice whose `kubernetes.io/service-name` is this service, whoever made it. */
  readonly slices: readonly EndpointSlice[]
  readonly endpoints?: Endpoints
  /** Why what is there could not be read: nothing is known, so nothing is changed. */
  readonly unreadable?: string
}
