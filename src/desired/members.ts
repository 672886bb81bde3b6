// DNS membership: which addresses belong to a service, by what DNS said and, where it said nothing, by what is published.
// RULES 2 is the table that this file is.

import { serviceKey, type DeclaredPort, type DeclaredService, type DeclaredTarget, type Family } from '../model/declared.ts'
import { type Resolution, type Resolutions } from '../model/observed.ts'
import { type RefuseAddress } from '../model/ports.ts'
import { endpointKey, type Published, type PublishedEndpoint } from './published.ts'

export interface Member {
  readonly address: string
  readonly family: Family
  readonly ports: Readonly<Record<string, number>>
  /** The declared hosts it came from; empty for a declared address. */
  readonly hosts: readonly string[]
  readonly drain: boolean
}

export interface LeftOut {
  readonly address: string
  readonly family: Family
  readonly ports: Readonly<Record<string, number>>
  readonly hosts: readonly string[]
  readonly cause: 'refused' | 'family' | 'gone'
  readonly reason: string
}

export interface Membership {
  readonly members: readonly Member[]
  readonly out: readonly LeftOut[]
  /** Why addresses are kept that nobody confirmed: not everything is known. */
  readonly kept: readonly string[]
  /** host -> ISO time since which its addresses are held without an answer. */
  readonly staleSince: Readonly<Record<string, string>>
}

export interface MembershipInput {
  readonly service: DeclaredService
  /** The families that the Service has, or will have. */
  readonly families: readonly Family[]
  readonly published: Published
  readonly resolutions: Resolutions
  readonly refuse: RefuseAddress
  readonly acceptAbsent: boolean
  /** Now, as ISO time: when a host becomes stale. */
  readonly now: string
}

type Answer =
  | { readonly outcome: 'members'; readonly addresses: readonly string[] }
  | { readonly outcome: 'keep'; readonly reason: string }

/** Addresses of every target, merged; each (address, ports) once, sorted. */
export function membersOf(input: MembershipInput): Membership {
  const gathered = new Gathering(input)
  for (const target of input.service.targets) {
    if (target.address !== undefined) gathered.add(target, target.address, [])
    if (target.host !== undefined) gatherHost(gathered, input, target, target.host)
  }
  return gathered.finish()
}

function gatherHost(gathered: Gathering, input: MembershipInput, target: DeclaredTarget, host: string): void {
  for (const family of target.families.filter((each) => input.families.includes(each))) {
    const answer = answerOf(gathered, input, target, host, family)
    if (answer.outcome === 'keep') gathered.keep(target, host, family, answer.reason)
    else for (const address of answer.addresses) gathered.add(target, address, [host])
  }
  // A family that the Service lacks is told about, not kept: it could never serve.
  for (const family of target.families.filter((each) => !input.families.includes(each))) {
    const resolution = input.resolutions.get(host)?.[family]
    if (resolution?.outcome === 'found') for (const address of resolution.addresses) gathered.add(target, address, [host])
  }
}

function answerOf(gathered: Gathering, input: MembershipInput, target: DeclaredTarget, host: string, family: Family): Answer {
  const said = input.resolutions.get(host) ?? {}
  const resolution: Resolution = said[family] ?? { outcome: 'unknown', reason: 'not asked' }
  const record = family === 'IPv4' ? 'A' : 'AAAA'
  switch (resolution.outcome) {
    case 'found': {
      const publishable = resolution.addresses.filter((address) => input.refuse(address) === undefined)
      for (const address of resolution.addresses) if (!publishable.includes(address)) gathered.refuse(target, address, family, host)
      if (publishable.length > 0) return { outcome: 'members', addresses: publishable }
      return { outcome: 'keep', reason: `${host}: ${record}: nothing publishable in the answer` }
    }
    case 'absent': {
      const others = target.families.map((each) => outcomeOf(said[each], input.refuse))
      if (others.includes('found')) return { outcome: 'members', addresses: [] }
      const isAbsentInAll = others.every((outcome) => outcome === 'absent')
      if (isAbsentInAll && input.acceptAbsent) return { outcome: 'members', addresses: [] }
      return { outcome: 'keep', reason: `${host}: ${record}: absent (${resolution.reason})${isAbsentInAll ? ', see --accept-absent' : ''}` }
    }
    case 'unknown':
      return { outcome: 'keep', reason: `${host}: ${record}: unknown (${resolution.reason})` }
  }
}

/** `found` with nothing publishable in it (a sinkhole that answers 0.0.0.0) says as little as no answer. */
function outcomeOf(resolution: Resolution | undefined, refuse: RefuseAddress): Resolution['outcome'] {
  if (resolution?.outcome !== 'found') return resolution?.outcome ?? 'unknown'
  return resolution.addresses.some((address) => refuse(address) === undefined) ? 'found' : 'unknown'
}

class Gathering {
  readonly #input: MembershipInput
  readonly #members = new Map<string, Member>()
  readonly #out = new Map<string, LeftOut>()
  readonly #kept = new Set<string>()
  readonly #staleSince: Record<string, string> = {}

  constructor(input: MembershipInput) {
    this.#input = input
  }

  add(target: DeclaredTarget | undefined, address: string, hosts: readonly string[], ports = this.#portsOf(target)): void {
    const family = address.includes(':') ? 'IPv6' : 'IPv4'
    const member = { address, family, ports, hosts, drain: target?.drain ?? false } as const
    const key = endpointKey(member)
    const refused = this.#input.refuse(address)
    if (refused !== undefined) this.#out.set(key, { address, family, ports, hosts, cause: 'refused', reason: refused })
    else if (this.#input.families.includes(family)) this.#members.set(key, merge(this.#members.get(key), member))
    else this.#out.set(key, { address, family, ports, hosts, cause: 'family', reason: `Service has no ${family}` })
  }

  refuse(target: DeclaredTarget, address: string, family: Family, host: string): void {
    const ports = this.#portsOf(target)
    const reason = this.#input.refuse(address) ?? 'refused'
    this.#out.set(endpointKey({ address, ports }), { address, family, ports, hosts: [host], cause: 'refused', reason })
  }

  /** DNS did not say. What came from this host stays; of a host never known for this service, all stays that is there. */
  keep(target: DeclaredTarget, host: string, family: Family, reason: string): void {
    const here = this.#input.published.endpoints.filter((endpoint) => endpoint.family === family)
    const known = here.filter(({ hosts }) => hosts.includes(host))
    if (known.length > 0) {
      this.#staleSince[host] = this.#input.published.staleSince[host] ?? this.#input.now
      for (const { address } of known) this.add(target, address, [host])
      this.#kept.add(`${reason}: keeps ${count(known)} since ${this.#staleSince[host]}`)
      return
    }
    const staying = here.filter((endpoint) => !this.#hasLeft(endpoint))
    for (const endpoint of staying) this.#keepForeign(endpoint)
    this.#kept.add(`${reason}: never known here, ${staying.length === 0 ? 'nothing to keep' : `keeps ${count(staying)} of the Service as they are`}`)
  }

  finish(): Membership {
    const members = [...this.#members.values()].sort((a, b) => (endpointKey(a) < endpointKey(b) ? -1 : 1))
    const told = new Set([...members, ...this.#out.values()].map(({ address }) => address))
    for (const { address, family, ports, hosts } of this.#input.published.endpoints) {
      if (!told.has(address)) this.#out.set(endpointKey({ address, ports }), { address, family, ports, hosts, cause: 'gone', reason: this.#whyGone(hosts) })
    }
    return { members, out: [...this.#out.values()], kept: [...this.#kept], staleSince: this.#staleSince }
  }

  /** Every host that it came from has answered, so that it left is known, whatever another host does not say. */
  #hasLeft({ hosts, family }: PublishedEndpoint): boolean {
    const { service, resolutions, refuse } = this.#input
    const isAnswered = (host: string): boolean =>
      service.targets.some((target) => target.host === host && target.families.includes(family))
      && outcomeOf(resolutions.get(host)?.[family], refuse) === 'found'
    return hosts.length > 0 && hosts.every(isAnswered)
  }

  #keepForeign(endpoint: PublishedEndpoint): void {
    const declared = new Set(this.#input.service.targets.map(({ host }) => host))
    const hosts = endpoint.hosts.filter((host) => declared.has(host))
    const targets = this.#input.service.targets.filter((target) =>
      target.address === endpoint.address || (target.host !== undefined && hosts.includes(target.host)))
    for (const target of targets) this.add(target, endpoint.address, target.host === undefined ? [] : [target.host])
    if (targets.length > 0) return
    const ports = Object.fromEntries(this.#input.service.ports.map(({ name, targetPort }) => [name, endpoint.ports[name] ?? targetPort]))
    this.add(undefined, endpoint.address, [], ports)
  }

  #portsOf(target: DeclaredTarget | undefined): Readonly<Record<string, number>> {
    return portsOf(this.#input.service.ports, target)
  }

  #whyGone(hosts: readonly string[]): string {
    const declared = this.#input.service.targets.flatMap(({ host }) => (host === undefined ? [] : [host]))
    const still = hosts.filter((host) => declared.includes(host))
    return still.length > 0 ? `no longer in the answer of ${still.join(', ')}` : `no longer declared in ${serviceKey(this.#input.service)}`
  }
}

/** Port name -> the number that this target listens on. */
export function portsOf(ports: readonly DeclaredPort[], target: DeclaredTarget | undefined): Readonly<Record<string, number>> {
  return Object.fromEntries(ports.map(({ name, targetPort }) => [name, target?.ports[name] ?? targetPort]))
}

function merge(before: Member | undefined, member: Member): Member {
  if (before === undefined) return member
  const hosts = [...new Set([...before.hosts, ...member.hosts])].sort()
  return { ...member, hosts, drain: before.drain && member.drain }
}

function count(items: readonly unknown[]): string {
  return items.length === 1 ? '1 address' : `${items.length} addresses`
}
