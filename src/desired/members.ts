// DNS membership: which addresses belong to a service, by what DNS said and, where it said nothing, by what is published.
// RULES 2 is the table that this file is.

import { serviceKey, type DeclaredPort, type DeclaredService, type DeclaredTarget, type Family } from '../model/declared.ts'
import { type Resolution } from '../model/observed.ts'
import { answerOf, outcomeOf, type Answer, type AnswerInput, type Retained } from './answer-of.ts'
import { type StaleSince } from './evidence.ts'
import { endpointKey, type Published, type PublishedEndpoint } from './published.ts'
import { compareStandings, expiresAt, standingOfExpired, type Standing } from './standing.ts'

export interface Member {
  readonly address: string
  readonly family: Family
  readonly ports: Readonly<Record<string, number>>
  /** The declared hosts it came from; empty for a declared address. */
  readonly hosts: readonly string[]
  readonly drain: boolean
  /** `run`: what is held against it; missing where an answer names it now, or where it waits for one. */
  readonly standing?: Standing
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
  /** `run`: declared hosts that do not exist, as DNS said often enough to be believed. */
  readonly absent: readonly string[]
  /** Since when addresses are held without an answer. */
  readonly staleSince: StaleSince
  /** `run`: when the next of these addresses runs out of its time, in ms; undefined where none does. */
  readonly changesAt: number | undefined
}

export interface MembershipInput extends AnswerInput {
  readonly service: DeclaredService
  readonly published: Published
  /** Now, as ISO time: when a host becomes stale. */
  readonly now: string
}

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
  for (const family of target.families) {
    if (input.families.includes(family)) gatherAnswer(gathered, target, host, family, answerOf(input, target, host, family))
    else gatherLacking(gathered, target, host, input.resolutions.get(host)?.[family])
  }
}

function gatherAnswer(gathered: Gathering, target: DeclaredTarget, host: string, family: Family, answer: Answer): void {
  for (const address of answer.refused) gathered.refuse(target, address, family, host)
  for (const address of answer.addresses) gathered.add(target, address, [host])
  for (const retained of answer.retained) gathered.retain(target, host, retained)
  if (answer.outcome === 'keep') gathered.keep(target, host, family, answer)
  if (answer.outcome === 'leave') gathered.leave(target, host, family, answer.reason)
}

/** A family that the Service lacks is told about, not kept: it could never serve. */
function gatherLacking(gathered: Gathering, target: DeclaredTarget, host: string, resolution: Resolution | undefined): void {
  if (resolution?.outcome === 'found') for (const address of resolution.addresses) gathered.add(target, address, [host])
}

/** What is published of a host in one family, and why it is not known whether it still is right. */
interface Keeping {
  readonly known: readonly PublishedEndpoint[]
  readonly reason: string
}

class Gathering {
  readonly #input: MembershipInput
  readonly #members = new Map<string, Member>()
  readonly #out = new Map<string, LeftOut>()
  readonly #kept = new Set<string>()
  readonly #absent = new Set<string>()
  readonly #staleSince: Record<Family, Record<string, string>> = { IPv4: {}, IPv6: {} }
  #changesAt: number | undefined

  constructor(input: MembershipInput) {
    this.#input = input
  }

  add(target: DeclaredTarget | undefined, address: string, hosts: readonly string[], standing?: Standing, ports = this.#portsOf(target)): void {
    const family = address.includes(':') ? 'IPv6' : 'IPv4'
    const member = { address, family, ports, hosts, drain: target?.drain ?? false, ...(standing !== undefined && { standing }) } as const
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

  /** The answer names it no longer, and it may come back with the next: a pool that answers with changing subsets. */
  retain(target: DeclaredTarget, host: string, { address, lastSeenAt }: Retained): void {
    const { lasting } = this.#input
    if (lasting === undefined) return
    if (this.#isOver(lastSeenAt + (target.retainSeconds ?? lasting.retainSeconds) * 1000)) return
    this.add(target, address, [host], { as: 'retained', reason: `retained, last in the answer at ${new Date(lastSeenAt).toISOString()}` })
  }

  /** DNS did not say. What came from this host stays; of a host never known for this service, all stays that is there. */
  keep(target: DeclaredTarget, host: string, family: Family, { reason, isAsked, isExpected }: Answer): void {
    const known = this.#knownOf(host, family)
    if (known.length === 0 && isExpected && this.#ofOthers(family).length === 0) return
    if (known.length === 0) this.#keepOthers(family, reason)
    else if (isAsked) this.#keepKnown(target, host, family, { known, reason })
    else this.#keepUnasked(target, host, family, { known, reason })
  }

  #keepKnown(target: DeclaredTarget, host: string, family: Family, { known, reason }: Keeping): void {
    const { lasting } = this.#input
    const since = this.#holdSince(host, family)
    const isExpired = lasting !== undefined && this.#isOver(expiresAt(since, lasting))
    const standing = isExpired ? standingOfExpired(lasting, `${reason} since ${since}`) : undefined
    for (const { address } of known) this.add(target, address, [host], standing)
    const expired = isExpired ? `, longer than maxStaleSeconds (whenStaleExpires: ${lasting.whenStaleExpires})` : ''
    this.#kept.add(`${reason}: ${standing === undefined ? 'keeps ' : ''}${count(known)} since ${since}${expired}`)
  }

  /** Nobody has listened yet, so no silence begins; one that is written goes on. */
  #keepUnasked(target: DeclaredTarget, host: string, family: Family, { known, reason }: Keeping): void {
    if (this.#input.published.staleSince[family][host] !== undefined) this.#holdSince(host, family)
    for (const { address } of known) this.add(target, address, [host])
    this.#kept.add(`${reason}: keeps ${count(known)}`)
  }

  #keepOthers(family: Family, reason: string): void {
    const staying = this.#ofOthers(family)
    for (const endpoint of staying) this.#keepForeign(endpoint)
    this.#kept.add(`${reason}: never known here, ${staying.length === 0 ? 'nothing to keep' : `keeps ${count(staying)} of the Service as they are`}`)
  }

  /**
   * DNS said often enough that there is no such host. What came from it is to go; of a host never known for this
   * service, all is that nobody else vouches for. A mistyped name would empty the Service: the last that serve stay.
   */
  leave(target: DeclaredTarget, host: string, family: Family, reason: string): void {
    const standing = { as: 'leaving', reason } as const
    const known = this.#knownOf(host, family)
    this.#absent.add(reason)
    if (known.length > 0) this.#holdSince(host, family)
    for (const { address } of known) this.add(target, address, [host], standing)
    if (known.length === 0) for (const endpoint of this.#ofOthers(family)) this.#keepForeign(endpoint, standing)
  }

  finish(): Membership {
    const members = [...this.#members].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, member]) => member)
    const told = new Set([...members, ...this.#out.values()].map(({ address }) => address))
    for (const { address, family, ports, hosts } of this.#input.published.endpoints) {
      if (!told.has(address)) this.#out.set(endpointKey({ address, ports }), { address, family, ports, hosts, cause: 'gone', reason: this.#whyGone(hosts) })
    }
    return {
      members, out: [...this.#out.values()], kept: [...this.#kept], absent: [...this.#absent],
      staleSince: this.#staleSince, changesAt: this.#changesAt,
    }
  }

  #knownOf(host: string, family: Family): readonly PublishedEndpoint[] {
    return this.#input.published.endpoints.filter((endpoint) => endpoint.family === family && endpoint.hosts.includes(host))
  }

  /** What the Service has in this family and no declared host decides about. */
  #ofOthers(family: Family): readonly PublishedEndpoint[] {
    return this.#input.published.endpoints.filter((endpoint) => endpoint.family === family && !this.#isDecided(endpoint))
  }

  /**
   * Every host that it came from has answered, so that it left is known, whatever another host does not say. In `run`
   * the silence of such a host has an end of its own, and another host's must not put it off.
   */
  #isDecided({ hosts, family }: PublishedEndpoint): boolean {
    const { service, resolutions, refuse, lasting } = this.#input
    const isAnswered = (host: string): boolean =>
      service.targets.some((target) => target.host === host && target.families.includes(family))
      && (lasting !== undefined || outcomeOf(resolutions.get(host)?.[family], refuse) === 'found')
    return hosts.length > 0 && hosts.every(isAnswered)
  }

  #holdSince(host: string, family: Family): string {
    const since = this.#input.published.staleSince[family][host] ?? this.#input.now
    this.#staleSince[family][host] = since
    return since
  }

  /** Whether that time has come; a later one is remembered. */
  #isOver(at: number | undefined): boolean {
    if (at === undefined) return false
    if (Date.parse(this.#input.now) >= at) return true
    this.#changesAt = Math.min(at, this.#changesAt ?? at)
    return false
  }

  #keepForeign(endpoint: PublishedEndpoint, standing?: Standing): void {
    const declared = new Set(this.#input.service.targets.map(({ host }) => host))
    const hosts = endpoint.hosts.filter((host) => declared.has(host))
    const targets = this.#input.service.targets.filter((target) =>
      target.address === endpoint.address || (target.host !== undefined && hosts.includes(target.host)))
    for (const target of targets) this.add(target, endpoint.address, target.host === undefined ? [] : [target.host], standing)
    if (targets.length > 0) return
    const ports = Object.fromEntries(this.#input.service.ports.map(({ name, targetPort }) => [name, endpoint.ports[name] ?? targetPort]))
    this.add(undefined, endpoint.address, [], standing, ports)
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

/** What one host says against an address does not count while another says nothing against it. */
function merge(before: Member | undefined, member: Member): Member {
  if (before === undefined) return member
  const [worse, better] = compareStandings(before.standing, member.standing) < 0 ? [before, member] : [member, before]
  if (worse.standing?.as === 'leaving' && better.standing?.as !== 'leaving') return better
  const hosts = [...new Set([...before.hosts, ...member.hosts])].sort()
  return { ...better, hosts, drain: before.drain && member.drain }
}

function count(items: readonly unknown[]): string {
  return items.length === 1 ? '1 address' : `${items.length} addresses`
}
