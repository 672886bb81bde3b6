// One service's changes in the order in which no port of it is without endpoints at any moment (RULES 4).

import { type Change } from '../model/changes.ts'
import { isMirrored, isOurs, skipMirrorLabel } from '../model/marks.ts'
import { type CurrentService, type Endpoints, type EndpointSlice, type ManagedObject, type Service, type SlicePort } from '../model/objects.ts'
import { describeDifference, describeNew } from './describe.ts'
import { isSame } from './is-same.ts'

export interface Wanted {
  readonly service: Service
  readonly slices: readonly EndpointSlice[]
  readonly endpoints?: Endpoints
}

export interface OrderSettings {
  readonly instance: string
  /** The Service must be deleted and made again: a field that cannot change does. */
  readonly recreates: boolean
  /** Somebody mirrors Endpoints into slices here: a cluster does, a directory does not. */
  readonly isMirroring: boolean
}

/** From what is there to what is wanted; empty where nothing that we write differs. */
export function orderChanges(wanted: Wanted, current: CurrentService, settings: OrderSettings): readonly Change[] {
  if (settings.recreates) {
    return [...deletionsOf(current), ...orderChanges(wanted, { namespace: current.namespace, name: current.name, slices: [] }, { ...settings, recreates: false })]
  }
  if (isReached(wanted, current)) return []
  const isNew = current.service === undefined
  const marked = markedFirst(current.service, wanted.service, settings.instance)
  const serviceChange = current.service === undefined ? [create(wanted.service)] : update(marked ?? current.service, wanted.service)
  const retired = retiredPorts(current.service, wanted.service)
  const slices = wanted.slices.map((slice) => {
    const before = current.slices.find(({ metadata }) => metadata.name === slice.metadata.name)
    return { before, during: withPorts(slice, before ?? holderOf(slice, current.slices), retired), after: slice }
  })
  const updateOf = isNew ? underNewOwner : update
  const first = slices.flatMap(({ before, during }) => (before === undefined ? [create(during)] : updateOf(before, during)))
  const last = slices.flatMap(({ during, after }) => update(during, after))
  const during = isNew ? undefined : endpointsDuring(wanted, current, retired)
  return [
    ...(marked !== undefined && current.service !== undefined ? update(current.service, marked) : []),
    ...(isNew ? [] : gainsFirst(first)),
    ...(current.endpoints !== undefined && during !== undefined ? update(current.endpoints, during) : []),
    ...pausing(retired.length > 0 || hasNewPorts(current.service, wanted.service), serviceChange),
    ...(isNew ? gainsFirst(first) : []),
    ...pausing(retired.length > 0, last),
    ...endpointsChanges(wanted.endpoints, during ?? current.endpoints, updateOf),
    ...goneSlices(wanted, current, settings),
  ]
}

/** So it is in nearly every pass, and seen at a fraction of what it costs to find and describe what differs. */
function isReached({ service, slices, endpoints }: Wanted, current: CurrentService): boolean {
  return isSame(service, current.service) && isSame(slices, current.slices) && isSame(endpoints, current.endpoints)
}

/** Where Endpoints are all there is, they lead from old and new ports alike before the Service changes. */
function endpointsDuring(wanted: Wanted, { service, endpoints }: CurrentService, retired: readonly SlicePort[]): Endpoints | undefined {
  if (wanted.endpoints === undefined || endpoints === undefined || wanted.slices.length > 0 || isMadeAnew(wanted.endpoints, endpoints)) return undefined
  if (!hasNewPorts(service, wanted.service) && retired.length === 0) return undefined
  const desired = wanted.endpoints.subsets ?? []
  const held = retired.length === 0 ? []
    : (endpoints.subsets ?? []).filter(({ ports }) => !desired.some((subset) => JSON.stringify(subset.ports) === JSON.stringify(ports)))
  return { ...wanted.endpoints, subsets: [...desired, ...held] }
}

/** What is adopted is marked as ours before anything of it is touched: if that is refused, nothing of it was. */
function markedFirst(current: Service | undefined, desired: Service, instance: string): Service | undefined {
  return current === undefined || isOurs(current, instance) ? undefined : { ...current, metadata: desired.metadata }
}

/** All that is there of the service, in an order that the garbage collector and its fellows do not mind. */
export function deletionsOf(current: CurrentService): Change[] {
  const objects: readonly (ManagedObject | undefined)[] = [current.service, ...current.slices.filter((slice) => !isMirrored(slice)), current.endpoints]
  return objects.filter((object) => object !== undefined).filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map((object) => remove(object, []))
}

/** Ports that the Service has and will not have: until it is changed they must lead somewhere. */
function retiredPorts(current: Service | undefined, desired: Service): readonly SlicePort[] {
  const names = new Set((desired.spec.ports ?? []).map(({ name }) => name ?? ''))
  return (current?.spec.ports ?? []).filter(({ name }) => !names.has(name ?? ''))
    .map(({ name, port, targetPort, protocol }) => ({ name: name ?? '', port: typeof targetPort === 'number' ? targetPort : port, protocol: protocol ?? 'TCP' }))
}

function hasNewPorts(current: Service | undefined, desired: Service): boolean {
  const names = new Set((current?.spec.ports ?? []).map(({ name }) => name ?? ''))
  return (desired.spec.ports ?? []).some(({ name }) => !names.has(name ?? ''))
}

/** The slice in which a new one's addresses are now: it knows under which number they listen. */
function holderOf({ endpoints }: EndpointSlice, slices: readonly EndpointSlice[]): EndpointSlice | undefined {
  const addresses = new Set((endpoints ?? []).flatMap((endpoint) => endpoint.addresses))
  return slices.find((slice) => (slice.endpoints ?? []).some((endpoint) => endpoint.addresses.some((address) => addresses.has(address))))
}

function withPorts(slice: EndpointSlice, before: EndpointSlice | undefined, retired: readonly SlicePort[]): EndpointSlice {
  if (retired.length === 0) return slice
  const held = retired.map((port) => before?.ports?.find(({ name }) => (name ?? '') === port.name) ?? port)
  return { ...slice, ports: [...(slice.ports ?? []), ...held] }
}

/** It was planned as new, without what the old one holds: its owner is a Service that no longer exists. */
function isMadeAnew(desired: Endpoints, existing: Endpoints): boolean {
  return desired.metadata.resourceVersion !== existing.metadata.resourceVersion
}

/** Endpoints are named like the Service: one whose owner is gone cannot stand beside its successor. */
function endpointsChanges(desired: Endpoints | undefined, existing: Endpoints | undefined, updateOf: typeof update): Change[] {
  if (desired === undefined) return existing === undefined ? [] : [remove(existing, ['publish: endpointSlices'])]
  if (existing === undefined) return [create(desired)]
  if (isMadeAnew(desired, existing)) return [remove(existing, ['owner gone']), create(desired)]
  return updateOf(existing, desired)
}

function goneSlices(wanted: Wanted, current: CurrentService, settings: OrderSettings): Change[] {
  const kept = new Set(wanted.slices.map(({ metadata }) => metadata.name))
  const isMirrorLeft = current.endpoints?.metadata.labels?.[skipMirrorLabel] === 'true' && isOurs(current.endpoints, settings.instance)
  return current.slices.filter(({ metadata }) => !kept.has(metadata.name) && metadata.deletionTimestamp === undefined)
    // The mirroring controller deletes its own once skip-mirror is set; one that is still there afterwards was left.
    .filter((slice) => (isMirrored(slice) ? isMirrorLeft && wanted.endpoints?.metadata.labels?.[skipMirrorLabel] === 'true' : true))
    .filter(() => !awaitsMirror(wanted, current, settings))
    .map((slice) => remove(slice, (slice.endpoints ?? []).length > 0 ? [] : ['empty']))
}

/**
 * Endpoints alone serve only once they are mirrored, which the mirroring controller does family by family and port set
 * by port set (not those that we wrote: it packs them anew): until all of it is there our slices stay.
 */
export function awaitsMirror(wanted: Wanted, current: CurrentService, { isMirroring }: OrderSettings): boolean {
  if (!isMirroring || wanted.slices.length > 0) return false
  const mirrored = new Set(current.slices.filter(isMirrored).flatMap(({ endpoints, ports }) =>
    (endpoints ?? []).flatMap(({ addresses }) => addresses.flatMap((address) => placesOf(address, ports)))))
  const places = (wanted.endpoints?.subsets ?? []).flatMap(({ addresses, notReadyAddresses, ports }) =>
    [...addresses ?? [], ...notReadyAddresses ?? []].flatMap(({ ip }) => placesOf(ip, ports)))
  const isReplacing = current.slices.some((slice) => !isMirrored(slice))
  return isReplacing ? places.some((place) => !mirrored.has(place)) : places.length > 0 && mirrored.size === 0
}

/** What then goes, in a phrase; undefined where nothing does. */
export function afterMirroring(wanted: Wanted, current: CurrentService, settings: OrderSettings): string | undefined {
  if (settings.recreates || !awaitsMirror(wanted, current, settings)) return undefined
  const count = current.slices.filter((slice) => !isMirrored(slice) && slice.metadata.deletionTimestamp === undefined).length
  if (count === 0) return undefined
  return `Then ${count === 1 ? '1 EndpointSlice goes' : `${count} EndpointSlices go`}, once the Endpoints are mirrored`
}

function placesOf(address: string, ports: readonly SlicePort[] | null | undefined): string[] {
  return (ports ?? []).map(({ name, port }) => `${address} ${name ?? ''}=${port ?? ''}`)
}

/** Marks the first of these updates. */
function pausing(isNeeded: boolean, [first, ...rest]: readonly Change[]): Change[] {
  if (first === undefined) return []
  return [isNeeded && first.verb === 'update' ? { ...first, afterPause: true } : first, ...rest]
}

/** Nothing is taken out of a slice, or ceases to be ready, before its new place exists and what takes over is ready. */
function gainsFirst(changes: readonly Change[]): Change[] {
  const rank = (change: Change): number => (change.verb === 'create' ? 0 : gainsReady(change) ? 1 : 2)
  return [...changes].sort((a, b) => rank(a) - rank(b))
}

function gainsReady(change: Change): boolean {
  if (change.verb !== 'update') return false
  const before = readyPlaces(change.current)
  return [...readyPlaces(change.desired)].some((place) => !before.has(place))
}

/** Each ready address under each name of a port. */
function readyPlaces(object: ManagedObject): ReadonlySet<string> {
  if (object.kind !== 'EndpointSlice') return new Set()
  const ready = (object.endpoints ?? []).filter(({ conditions }) => conditions?.ready ?? true).flatMap(({ addresses }) => addresses)
  return new Set((object.ports ?? []).flatMap(({ name }) => ready.map((address) => `${name ?? ''} ${address}`)))
}

function create(desired: ManagedObject): Change {
  return { verb: 'create', desired, summary: describeNew(desired) }
}

function update(current: ManagedObject, desired: ManagedObject): Change[] {
  const summary = describeDifference(current, desired)
  return summary.length === 0 ? [] : [{ verb: 'update', current, desired, summary }]
}

/** What a Service of before left behind names no owner, and the new one's uid is known to the writer only: written even where it is right. */
function underNewOwner(current: ManagedObject, desired: ManagedObject): Change[] {
  const changes = update(current, desired)
  return changes.length > 0 ? changes : [{ verb: 'update', current, desired, summary: ['owner added'] }]
}

function remove(current: ManagedObject, summary: readonly string[]): Change {
  return { verb: 'delete', current, summary }
}
