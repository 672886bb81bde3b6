// Watches the cluster all the while, by an API server that is never disturbed, and counts what must never be.

import { type Endpoints, type EndpointSlice, type Service } from '../../src/model/objects.ts'
import { type Connection } from '../cluster/harness/connection.ts'
import { type ByHand } from './by-hand.ts'
import { isServable } from './servable.ts'
import { serviceText, type Seen } from './service-text.ts'
import { type LeaseMoment } from './leaderless-writes.ts'
import { type WatchedEvent, type WatchedObject, watchObjects } from './watch-objects.ts'
import { keyOf, type WorldService } from './world-service.ts'

export interface Oracle {
  /** What stands of one service, in the words of `expectedText`. */
  textOf(service: WorldService): string
  /** The identity that holds the lease now. */
  holder(): string
  readonly leaseHistory: readonly LeaseMoment[]
  /** Moments in which a service lost its last ready endpoint of a port and family without cause. */
  emptied(): readonly string[]
  /** Foreign objects that were changed, and Services of ours that were deleted. */
  touched(): readonly string[]
  /** From now on what is of no service of ours has to stay as it is, and nothing comes to it. */
  guardForeign(): void
}

export interface OracleSettings {
  readonly to: Connection
  readonly services: readonly WorldService[]
  readonly byHand: ByHand
  readonly leaseNamespace: string
  readonly leaseName: string
}

type SliceObject = EndpointSlice & WatchedObject
type ServiceObject = Service & WatchedObject
type EndpointsObject = Endpoints & WatchedObject
type LeaseObject = WatchedObject & { readonly spec?: { readonly holderIdentity?: string } }

type SeenNow = Omit<Seen, 'slices'> & { readonly slices: Map<string, SliceObject> }

interface Incident {
  readonly text: string
  readonly type: string
  readonly object: WatchedObject
}

/** Starts to watch; resolves when it sees all that there is. */
export async function startOracle({ to, services, byHand, leaseNamespace, leaseName }: OracleSettings): Promise<Oracle> {
  const ours = new Map(services.map((service) => [keyOf(service), service]))
  const seen = new Map<string, SeenNow>()
  const ready = new Map<string, ReadonlySet<string>>()
  const incidents: Incident[] = []
  const touches: Incident[] = []
  const foreign = new Map<string, string>()
  const leaseHistory: LeaseMoment[] = []
  const broken: string[] = []
  let isGuarding = false
  const seenOf = (key: string): SeenNow => {
    const known = seen.get(key) ?? { slices: new Map<string, SliceObject>() }
    seen.set(key, known)
    return known
  }

  /** Whether it is of a service of ours; what is not must stay as it is once everything is there. */
  const isOurs = (key: string, kind: string, { type, object }: WatchedEvent<WatchedObject>): boolean => {
    if (ours.has(key)) return true
    const name = `${kind} ${keyOfObject(object)}`
    const { resourceVersion } = object.metadata
    if (isGuarding && foreign.get(name) !== resourceVersion) touches.push({ text: `${type} ${name}`, type, object })
    if (!isGuarding) foreign.set(name, resourceVersion)
    return false
  }

  const look = (key: string, event: WatchedEvent<WatchedObject>): void => {
    const service = ours.get(key)
    const { service: live, slices } = seenOf(key)
    if (service === undefined) return
    if (live === undefined) { ready.delete(key); return }
    const now = readyEnds([...slices.values()])
    const before = ready.get(key)
    ready.set(key, now)
    for (const end of before ?? []) {
      if (now.has(end)) continue
      if (isServable(service, end)) incidents.push({ text: `${new Date().toISOString()} ${key} has no ready endpoint for ${end} after ${event.type} ${event.object.metadata.name}`, type: event.type, object: event.object })
    }
  }

  const hearSlice = (event: WatchedEvent<SliceObject>): void => {
    const { metadata } = event.object
    const key = `${metadata.namespace}/${metadata.labels?.['kubernetes.io/service-name'] ?? ''}`
    if (!isOurs(key, 'EndpointSlice', event)) return
    // A label edited by hand takes a slice away from its service.
    for (const [other, { slices }] of seen) if (other !== key && slices.delete(metadata.uid)) look(other, event)
    const { slices } = seenOf(key)
    if (event.type === 'DELETED') slices.delete(metadata.uid)
    else slices.set(metadata.uid, event.object)
    look(key, event)
  }
  const hearService = (event: WatchedEvent<ServiceObject>): void => {
    const key = keyOfObject(event.object)
    if (!isOurs(key, 'Service', event)) return
    const known = seenOf(key)
    if (event.type === 'DELETED') {
      touches.push({ text: `${new Date().toISOString()} Service ${key} of ours was deleted`, type: event.type, object: event.object })
      delete known.service
    } else known.service = event.object
    look(key, event)
  }
  const hearEndpoints = (event: WatchedEvent<EndpointsObject>): void => {
    const key = keyOfObject(event.object)
    if (!isOurs(key, 'Endpoints', event)) return
    if (event.type === 'DELETED') delete seenOf(key).endpoints
    else seenOf(key).endpoints = event.object
  }
  const hearLease = ({ object: { metadata, spec } }: WatchedEvent<LeaseObject>): void => {
    if (metadata.name !== leaseName) return
    leaseHistory.push({ version: Number(metadata.resourceVersion), holder: spec?.holderIdentity ?? '', at: performance.now() })
  }

  const end = (why: string): void => { broken.push(why); throw new Error(`The oracle misses events: ${why}`) }
  await Promise.all([
    watchObjects(to, '/apis/discovery.k8s.io/v1/endpointslices', hearSlice, end), watchObjects(to, '/api/v1/services', hearService, end),
    watchObjects(to, '/api/v1/endpoints', hearEndpoints, end),
    watchObjects(to, `/apis/coordination.k8s.io/v1/namespaces/${leaseNamespace}/leases`, hearLease, end),
  ])
  const notByHand = (list: readonly Incident[]): readonly string[] =>
    list.filter(({ type, object }) => !byHand.isOurs(type, object)).map(({ text }) => text)
  return {
    textOf: (service) => serviceText(service, seenOf(keyOf(service))),
    holder: () => leaseHistory.at(-1)?.holder ?? '',
    leaseHistory,
    emptied: () => notByHand(incidents),
    touched: () => [...broken, ...notByHand(touches)],
    guardForeign: () => { isGuarding = true },
  }
}

function keyOfObject({ metadata: { namespace = '', name } }: WatchedObject): string {
  return keyOf({ namespace, name })
}

/** `IPv4 main` for each port and family that has an endpoint that is ready. */
function readyEnds(slices: readonly SliceObject[]): ReadonlySet<string> {
  return new Set(slices.flatMap(({ addressType, ports, endpoints }) => {
    const isReady = (endpoints ?? []).some(({ conditions }) => conditions?.ready !== false)
    return isReady ? (ports ?? []).map(({ name }) => `${addressType} ${name ?? ''}`) : []
  }))
}
