// Which endpoint goes into which slice, with as few slices changed as can be: upstream's algorithm (k8s.io/endpointslice),
// where endpoints stay in the slice they are in, and slices are never rebalanced.

import { type Family } from '../model/declared.ts'
import { type EndpointSlice } from '../model/objects.ts'
import { portsKey } from './published.ts'

export interface Packable {
  readonly address: string
  readonly family: Family
  readonly ports: Readonly<Record<string, number>>
  /** Everything of the endpoint that is written; a slice changes when this does. */
  readonly state: string
}

export interface PackedSlice<Endpoint extends Packable> {
  readonly family: Family
  readonly ports: Readonly<Record<string, number>>
  readonly endpoints: readonly Endpoint[]
  /** The slice to keep and change; undefined for a new one. */
  readonly current?: EndpointSlice
}

interface Draft<Endpoint> {
  current?: EndpointSlice
  endpoints: Endpoint[]
  isChanged: boolean
}

export const maxEndpointsPerSlice = 100

/** Packs by family and port set. Existing slices that come back in no result hold nothing any more and go. */
export function packSlices<Endpoint extends Packable>(
  endpoints: readonly Endpoint[],
  existing: readonly EndpointSlice[],
  stateOf: (slice: EndpointSlice, address: string) => string | undefined,
): readonly PackedSlice<Endpoint>[] {
  const groups = Map.groupBy(endpoints, ({ family, ports }) => `${family}|${portsKey(ports)}`)
  const assigned = assignSlices(groups, existing)
  const spare = existing.filter((slice) => ![...assigned.values()].some((slices) => slices.includes(slice)))
  return [...groups].flatMap(([key, group]) => {
    const [{ family, ports } = { family: 'IPv4' as const, ports: {} }] = group
    return packGroup(group, assigned.get(key) ?? [], spare, stateOf).map(({ endpoints: packed, current }) => ({
      family, ports, endpoints: packed, ...(current !== undefined && { current }),
    }))
  })
}

/** A slice belongs to the group of its ports; one whose ports are no longer declared, to the group that its addresses went to. */
function assignSlices(groups: ReadonlyMap<string, readonly Packable[]>, existing: readonly EndpointSlice[]): Map<string, EndpointSlice[]> {
  const assigned = new Map<string, EndpointSlice[]>()
  for (const slice of existing) {
    const exact = `${slice.addressType}|${portsKey(numbersOf(slice))}`
    const key = groups.has(exact) ? exact : groupOfMost(groups, slice)
    if (key !== undefined) assigned.set(key, [...(assigned.get(key) ?? []), slice])
  }
  return assigned
}

function groupOfMost(groups: ReadonlyMap<string, readonly Packable[]>, slice: EndpointSlice): string | undefined {
  const addresses = new Set((slice.endpoints ?? []).map((endpoint) => endpoint.addresses[0]))
  const shared = [...groups].filter(([, [first]]) => first?.family === slice.addressType)
    .map(([key, group]) => [key, group.filter(({ address }) => addresses.has(address)).length] as const)
    .sort(([, a], [, b]) => b - a)
  const [best] = shared
  return best !== undefined && best[1] > 0 ? best[0] : undefined
}

function packGroup<Endpoint extends Packable>(
  group: readonly Endpoint[],
  slices: readonly EndpointSlice[],
  spare: EndpointSlice[],
  stateOf: (slice: EndpointSlice, address: string) => string | undefined,
): readonly Draft<Endpoint>[] {
  const waiting = new Map(group.map((endpoint) => [endpoint.address, endpoint]))
  const drafts = slices.map((slice) => keepInPlace(slice, waiting, stateOf))
  place([...waiting.values()], drafts, () => takeSpare(spare, group[0]?.family))
  return drafts.filter(({ endpoints }) => endpoints.length > 0)
}

function keepInPlace<Endpoint extends Packable>(
  slice: EndpointSlice,
  waiting: Map<string, Endpoint>,
  stateOf: (slice: EndpointSlice, address: string) => string | undefined,
): Draft<Endpoint> {
  const draft: Draft<Endpoint> = { current: slice, endpoints: [], isChanged: false }
  for (const { addresses: [address = ''] } of slice.endpoints ?? []) {
    const endpoint = waiting.get(address)
    if (endpoint === undefined || draft.endpoints.length === maxEndpointsPerSlice) {
      draft.isChanged = true
      continue
    }
    waiting.delete(address)
    draft.endpoints.push(endpoint)
    if (stateOf(slice, address) !== endpoint.state) draft.isChanged = true
  }
  return draft
}

/** New endpoints: first into slices that change anyway (fullest first), then the one that they fill best, then new ones. */
function place<Endpoint>(waiting: Endpoint[], drafts: Draft<Endpoint>[], newSlice: () => EndpointSlice | undefined): void {
  const fullestFirst = drafts.filter(({ isChanged, endpoints }) => isChanged && endpoints.length > 0)
    .sort((a, b) => b.endpoints.length - a.endpoints.length)
  for (const draft of fullestFirst) fill(draft, waiting)
  while (waiting.length > 0) {
    const room = drafts.filter(({ isChanged, endpoints }) => !isChanged && maxEndpointsPerSlice - endpoints.length >= waiting.length)
      .sort((a, b) => b.endpoints.length - a.endpoints.length)[0]
    const draft = room ?? drafts.find(({ endpoints }) => endpoints.length === 0) ?? fresh(drafts, newSlice)
    fill(draft, waiting)
  }
}

function fresh<Endpoint>(drafts: Draft<Endpoint>[], newSlice: () => EndpointSlice | undefined): Draft<Endpoint> {
  const current = newSlice()
  const draft: Draft<Endpoint> = { endpoints: [], isChanged: true, ...(current !== undefined && { current }) }
  drafts.push(draft)
  return draft
}

function fill<Endpoint>(draft: Draft<Endpoint>, waiting: Endpoint[]): void {
  const taken = waiting.splice(0, maxEndpointsPerSlice - draft.endpoints.length)
  if (taken.length > 0) draft.isChanged = true
  draft.endpoints.push(...taken)
}

/** A slice that would be deleted while another of its family is created is changed instead: one write, and its name stays. */
function takeSpare(spare: EndpointSlice[], family: Family | undefined): EndpointSlice | undefined {
  const index = spare.findIndex(({ addressType }) => addressType === family)
  return index === -1 ? undefined : spare.splice(index, 1)[0]
}

function numbersOf(slice: EndpointSlice): Record<string, number> {
  return Object.fromEntries((slice.ports ?? []).map(({ name, port }) => [name ?? '', port ?? 0]))
}
