// What a service has now, read back from its objects: the first belief of every pass.

import { type Family } from '../model/declared.ts'
import { isMirrored, managedBy, managedByLabel, skipMirrorLabel, sliceManagedBy, sliceManagedByLabel } from '../model/marks.ts'
import { type CurrentService, type Endpoints, type EndpointSlice } from '../model/objects.ts'
import { type Verdict } from '../model/observed.ts'
import { readEvidence, type Evidence, type StaleSince } from './evidence.ts'

export interface PublishedEndpoint {
  readonly address: string
  readonly family: Family
  /** Port name -> number it listens on. */
  readonly ports: Readonly<Record<string, number>>
  readonly ready: boolean
  readonly verdict: Verdict
  readonly hosts: readonly string[]
}

export interface Published {
  readonly endpoints: readonly PublishedEndpoint[]
  /** As first written. */
  readonly staleSince: StaleSince
}

/**
 * Every address the service has now, whosesoever, each (address, ports) once. Our slices know most, so they come
 * first, then those of others, then the Endpoints. Mirrored slices count only where the Endpoints are gone: the mirror
 * cuts their subsets up, and half of an endpoint's ports would look like an endpoint.
 */
export function publishedNow(current: CurrentService): Published {
  const direct = current.slices.filter((slice) => !isMirrored(slice))
  const all = [
    ...direct.filter(isRegistrars).flatMap(fromSlice),
    ...direct.filter((slice) => !isRegistrars(slice)).flatMap(fromSlice),
    ...(current.endpoints === undefined ? current.slices.filter(isMirrored).flatMap(fromSlice) : fromEndpoints(current.endpoints)),
  ]
  const byAddress = new Map<string, PublishedEndpoint[]>()
  for (const endpoint of all) {
    const known = byAddress.get(endpoint.address)
    if (known === undefined) byAddress.set(endpoint.address, [endpoint])
    else if (!known.some(({ ports }) => hasSamePorts(ports, endpoint.ports))) known.push(endpoint)
  }
  return { endpoints: [...byAddress.values()].flat(), staleSince: { IPv4: staleIn(current, 'IPv4'), IPv6: staleIn(current, 'IPv6') } }
}

function isRegistrars({ metadata }: EndpointSlice): boolean {
  return metadata.labels?.[sliceManagedByLabel] === sliceManagedBy
}

/** The same address on other ports is another endpoint. */
export function endpointKey(endpoint: { readonly address: string; readonly ports: Readonly<Record<string, number>> }): string {
  return `${endpoint.address}|${portsKey(endpoint.ports)}`
}

function hasSamePorts(some: Readonly<Record<string, number>>, others: Readonly<Record<string, number>>): boolean {
  const names = Object.keys(some)
  return names.length === Object.keys(others).length && names.every((name) => some[name] === others[name])
}

/** Does not depend on the order in which ports are declared. */
export function portsKey(ports: Readonly<Record<string, number>>): string {
  const texts = Object.entries(ports).map(([name, port]) => `${name}=${port}`)
  return texts.length === 1 ? texts[0] ?? '' : texts.sort().join(',')
}

function fromSlice(slice: EndpointSlice): PublishedEndpoint[] {
  if (slice.addressType === 'FQDN' || slice.metadata.deletionTimestamp !== undefined) return []
  const family = slice.addressType
  const ports = portNumbers(slice.ports)
  const evidence = readEvidence(slice.metadata.annotations)
  return (slice.endpoints ?? []).flatMap(({ addresses, conditions }) =>
    addresses.slice(0, 1).map((address) => ({
      address, family, ports,
      ready: conditions?.ready ?? true,
      verdict: verdictOf(evidence, address, conditions?.serving ?? true),
      hosts: hostsOf(evidence, address),
    })))
}

function fromEndpoints(endpoints: Endpoints): PublishedEndpoint[] {
  const { labels, annotations } = endpoints.metadata
  const evidence = readEvidence(annotations)
  // Endpoints know no `serving`: where ours are all there is, the evidence alone tells a drained address from a dead one.
  const isAlone = labels?.[managedByLabel] === managedBy && labels[skipMirrorLabel] !== 'true'
  return (endpoints.subsets ?? []).flatMap((subset) => {
    const ports = portNumbers(subset.ports)
    const read = (ready: boolean) => ({ ip }: { readonly ip: string }): PublishedEndpoint => ({
      address: ip, family: ip.includes(':') ? 'IPv6' : 'IPv4', ports, ready,
      verdict: verdictOf(evidence, ip, isAlone || ready), hosts: hostsOf(evidence, ip),
    })
    return [...(subset.addresses ?? []).map(read(true)), ...(subset.notReadyAddresses ?? []).map(read(false))]
  })
}

function portNumbers(ports: readonly { readonly name?: string; readonly port?: number | null }[] | null | undefined): Record<string, number> {
  return Object.fromEntries((ports ?? []).flatMap(({ name, port }) => (typeof port === 'number' ? [[name ?? '', port]] : [])))
}

function verdictOf(evidence: Evidence, address: string, serving: boolean): Verdict {
  return evidence.verdicts.get(address) ?? (serving ? 'ready' : 'unready')
}

function hostsOf(evidence: Evidence, address: string): readonly string[] {
  return Object.entries(evidence.hosts).flatMap(([host, addresses]) => (addresses.includes(address) ? [host] : []))
}

/** A slice is of one family; Endpoints do not say of which they speak. */
function staleIn({ slices, endpoints }: CurrentService, family: Family): Readonly<Record<string, string>> {
  const objects = [...slices.filter(({ addressType }) => addressType === family), ...(endpoints === undefined ? [] : [endpoints])]
  return earliest(objects.map(({ metadata }) => readEvidence(metadata.annotations)))
}

/** host -> the first of its times. */
export function earliest(evidence: readonly Pick<Evidence, 'staleSince'>[]): Readonly<Record<string, string>> {
  const since: Record<string, string> = {}
  for (const [host, time] of evidence.flatMap(({ staleSince }) => Object.entries(staleSince))) {
    if (since[host] === undefined || time < since[host]) since[host] = time
  }
  return since
}
