// declared + observed -> the objects that should exist. Pure: the same observations give the same objects.

import { type AddressReport, type ServiceStatus } from '../model/changes.ts'
import { serviceKey, type DeclaredService, type Family, type Publish } from '../model/declared.ts'
import { isMirrored } from '../model/marks.ts'
import { type CurrentService, type Endpoints, type EndpointSlice, type Service } from '../model/objects.ts'
import { probeKey, type Health, type ProbeTarget, type Resolutions } from '../model/observed.ts'
import { type RefuseAddress } from '../model/ports.ts'
import { type Lasting } from './answer-of.ts'
import { desiredEndpoints, maxEndpointsAddresses } from './desired-endpoints.ts'
import { desiredService } from './desired-service.ts'
import { currentState, desiredSlice, endpointState, hasStaleOwner, type DesiredEndpoint, type SliceContext } from './desired-slice.ts'
import { membersOf, type LeftOut, type Member, type Membership } from './members.ts'
import { packSlices } from './pack-slices.ts'
import { publishedNow, type Published } from './published.ts'
import { selectReady } from './select-ready.ts'
import { candidateOf, settleLeavers, type Judged } from './settle-leavers.ts'

/** The world as one pass saw it. */
export interface Observed {
  /** ISO time of the pass. */
  readonly now: string
  readonly resolutions: Resolutions
  /** By probeKey; undefined where this pass does not probe. */
  readonly health: ReadonlyMap<string, Health> | undefined
  /** By serviceKey: the families each Service has or will get, or why it cannot be made. */
  readonly families: ReadonlyMap<string, readonly Family[] | string>
  readonly refuse: RefuseAddress
  /** By serviceKey: why verdicts stand as they were, where our own network may be what failed. */
  readonly inDoubt: ReadonlyMap<string, string>
  /** The rules of `run`; missing in one shot, which never expires, retains or believes that a host is gone. */
  readonly lasting?: Lasting
}

export interface DesireSettings {
  readonly instance: string
  readonly publish: Publish
  readonly acceptAbsent: boolean
  /** The objects that are there will be deleted first: what they say is remembered, they themselves are not built on. */
  readonly recreates: boolean
}

export interface Desired {
  readonly status: Extract<ServiceStatus, 'done' | 'kept' | 'failed'>
  readonly messages: readonly string[]
  readonly addresses: readonly AddressReport[]
  /** `run`: when an address runs out of its time, in ms since the epoch; undefined where none does. */
  readonly changesAt: number | undefined
  readonly service: Service
  readonly slices: readonly EndpointSlice[]
  readonly endpoints?: Endpoints
}

/** What one service should be, or why that cannot be said (what serves now is then kept). */
export function desire(declared: DeclaredService, current: CurrentService, observed: Observed, settings: DesireSettings): Desired | string {
  const key = serviceKey(declared)
  const families = observed.families.get(key) ?? 'Families of the Service are not known'
  if (typeof families === 'string') return families
  const published = publishedNow(current)
  const membership = membersOf({ ...observed, service: declared, families, published, acceptAbsent: settings.acceptAbsent })
  const doubt = observed.inDoubt.get(key)
  const isInDoubt = doubt !== undefined
  const servedFamilies = new Set(published.endpoints.filter(({ ready }) => ready).map(({ family }) => family))
  const { judged, out, stayed } = settleLeavers(declared, membership.members.map((member) =>
    ({ member, health: judge(declared, member, published, observed, isInDoubt), isFamilyServed: servedFamilies.has(member.family) })))
  const impossible = whyImpossible(declared, families, { ...membership, members: judged.map(({ member }) => member) }, settings.publish)
  if (impossible !== undefined) return impossible
  const selection = selectReady(declared, judged.map(candidateOf))
  const endpoints = eachPortOnce(judged.map(({ member, health }, index) => desiredEndpoint(member, health, selection.ready[index] ?? true)))
  const refused = allRefused(membership)
  const kept = [...membership.kept, ...membership.absent, ...stayed]
  // That a host does not exist is known; it keeps nothing back unless there is nobody else.
  const isKept = membership.kept.length + stayed.length > 0 || isInDoubt || (judged.length === 0 && membership.absent.length > 0)
  return {
    status: refused.length > 0 ? 'failed' : isKept ? 'kept' : 'done',
    messages: [...refused, ...kept, ...(isInDoubt ? [doubt] : []), ...(selection.message === undefined ? [] : [selection.message]), ...truncated(endpoints, settings.publish)],
    addresses: reports(judged, selection.ready, [...membership.out, ...out]),
    changesAt: membership.changesAt,
    ...objects(declared, settings.recreates ? withoutIdentity(current) : current, endpoints, membership, settings),
  }
}

/** What is to be probed of a member, or undefined where nothing is. */
export function probeTargetOf(declared: DeclaredService, member: Member): ProbeTarget | undefined {
  const { healthCheck: check } = declared
  const port = check.port === undefined ? undefined : member.ports[check.port]
  if (check.kind === 'none' || port === undefined) return undefined
  const [host] = member.hosts
  return { address: member.address, port, check, ...(host !== undefined && { host }) }
}

function judge(declared: DeclaredService, member: Member, published: Published, observed: Observed, isInDoubt: boolean): Health {
  const target = probeTargetOf(declared, member)
  if (target === undefined) return { verdict: 'ready', reason: 'no check' }
  const before = verdictBefore(published, member)
  if (observed.health === undefined) return { verdict: before ?? 'ready', reason: 'not probed' }
  const health = observed.health.get(probeKey(target)) ?? { verdict: before ?? 'unprobed', reason: 'not probed' }
  return isInDoubt ? { verdict: before ?? 'unprobed', reason: `own network in doubt: ${health.reason}` } : health
}

/** What was written of this address the last time, or undefined for a newcomer. */
export function verdictBefore(published: Published, member: Member): Health['verdict'] | undefined {
  const before = published.endpoints.filter(({ address }) => address === member.address)
  const same = before.find(({ ports }) => Object.entries(ports).every(([name, port]) => member.ports[name] === port))
  return (same ?? before[0])?.verdict
}

/**
 * Two targets of one address may share a port and differ in another. Published twice, the shared one would be ready
 * as kube-proxy happens to read it: it goes with the first that is ready, and the other target keeps the rest.
 */
function eachPortOnce(endpoints: readonly DesiredEndpoint[]): readonly DesiredEndpoint[] {
  if (new Set(endpoints.map(({ address }) => address)).size === endpoints.length) return endpoints
  const taken = new Set<string>()
  const readyFirst = [...endpoints].sort((a, b) => Number(b.ready) - Number(a.ready))
  const ports = new Map(readyFirst.map((endpoint) => {
    const free = Object.entries(endpoint.ports).filter(([name, port]) => !taken.has(`${endpoint.address} ${name} ${port}`))
    for (const [name, port] of free) taken.add(`${endpoint.address} ${name} ${port}`)
    return [endpoint, Object.fromEntries(free)]
  }))
  return endpoints.map((endpoint) => ({ ...endpoint, ports: ports.get(endpoint) ?? {} })).filter((endpoint) => Object.keys(endpoint.ports).length > 0)
}

function desiredEndpoint(member: Member, { verdict }: Health, ready: boolean): DesiredEndpoint {
  const serving = verdict === 'unprobed' ? ready : verdict === 'ready'
  const { address, family, ports, hosts } = member
  return { address, family, ports, hosts, verdict, ready, serving, state: endpointState(ready, serving) }
}

/** What is made anew keeps all of its predecessor but its identity and what the cluster gave it. */
function withoutIdentity({ namespace, name, service }: CurrentService): CurrentService {
  if (service === undefined) return { namespace, name, slices: [] }
  const { labels, annotations } = service.metadata
  const { clusterIP: _ip, clusterIPs: _ips, ipFamilies: _families, ipFamilyPolicy: _policy, ...spec } = service.spec
  const metadata = { namespace, name, ...(labels !== undefined && { labels }), ...(annotations !== undefined && { annotations }) }
  return { namespace, name, slices: [], service: { apiVersion: 'v1', kind: 'Service', metadata, spec } }
}

function objects(
  declared: DeclaredService, current: CurrentService, endpoints: readonly DesiredEndpoint[], { staleSince }: Membership, settings: DesireSettings,
): Pick<Desired, 'service' | 'slices' | 'endpoints'> {
  const { instance, publish } = settings
  const context: SliceContext = { service: declared, instance, serviceUid: current.service?.metadata.uid, staleSince }
  const usableEndpoints = current.endpoints !== undefined && !hasStaleOwner(current.endpoints, current.service) ? current.endpoints : undefined
  return {
    service: desiredService(declared, instance, current.service),
    slices: publish === 'endpoints' ? [] : desiredSlices(endpoints, current, context),
    ...(publish !== 'endpointSlices' && { endpoints: desiredEndpoints(endpoints, publish, context, usableEndpoints) }),
  }
}

function desiredSlices(endpoints: readonly DesiredEndpoint[], current: CurrentService, context: SliceContext): EndpointSlice[] {
  const usable = current.slices.filter((slice) =>
    !isMirrored(slice) && slice.metadata.deletionTimestamp === undefined && !hasStaleOwner(slice, current.service))
  const names = new Set(current.slices.map(({ metadata }) => metadata.name))
  return packSlices(endpoints, usable, currentState)
    .map((packed) => desiredSlice(packed, packed.current?.metadata.name ?? freeName(names, context.service.name, packed.family), context))
}

function freeName(taken: Set<string>, service: string, family: Family): string {
  for (let number = 1; ; number++) {
    const name = `${service}-${family.toLowerCase()}-${number}`
    if (taken.has(name)) continue
    taken.add(name)
    return name
  }
}

function whyImpossible(declared: DeclaredService, families: readonly Family[], membership: Membership, publish: Publish): string | undefined {
  const { members, kept } = membership
  const lacking = members.length + kept.length > 0 ? undefined : whatLacks(declared, families, membership)
  if (lacking !== undefined) return `No address in a family that the Service has: ${lacking}`
  if (publish === 'endpoints' && members.length > maxEndpointsAddresses) {
    return `Cannot publish ${members.length} addresses as Endpoints alone: at most ${maxEndpointsAddresses} are mirrored`
  }
  return undefined
}

/** A host is not looked at in a family that the Service lacks: its silence there must not empty the Service. */
function whatLacks({ targets }: DeclaredService, families: readonly Family[], { out }: Membership): string | undefined {
  const address = out.find(({ cause }) => cause === 'family')
  if (address !== undefined) return `${address.address}: ${address.reason}`
  const target = targets.find((each) => each.host !== undefined && !each.families.some((family) => families.includes(family)))
  return target === undefined ? undefined : `${target.host ?? ''}: only ${target.families.join(', ')} is asked for`
}

/** A refused address goes, whatever else there is; that nothing is left is said loudly. */
function allRefused({ members, kept, out }: Membership): string[] {
  const refused = out.filter(({ cause }) => cause === 'refused')
  return members.length + kept.length === 0 && refused.length > 0 ? [`Every address is refused, so none is published: ${refused[0]?.address ?? ''}: ${refused[0]?.reason ?? ''}`] : []
}

function truncated(endpoints: readonly DesiredEndpoint[], publish: Publish): string[] {
  return publish === 'both' && endpoints.length > maxEndpointsAddresses
    ? [`Endpoints hold ${maxEndpointsAddresses} of ${endpoints.length} addresses; the EndpointSlices hold them all`] : []
}

function reports(judged: readonly Judged[], ready: readonly boolean[], out: readonly LeftOut[]): AddressReport[] {
  return [
    ...judged.map(({ member: { address, family, ports, hosts, drain, standing }, health }, index) => ({
      address, family, ports, hosts, verdict: health.verdict,
      published: ready[index] === true ? 'ready' as const : 'notReady' as const,
      reason: [...(drain ? ['drained'] : []), ...(standing === undefined ? [] : [standing.reason]), health.reason].join(', '),
    })),
    ...out.map(({ address, family, ports, hosts, reason }) => ({ address, family, ports, hosts, verdict: 'unprobed' as const, published: 'out' as const, reason })),
  ]
}
