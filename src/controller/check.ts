// Looks at the outside world alone: what DNS says of each target now, and whether it can serve. Knows of no cluster.

import { probeTargetOf } from '../desired/desire.ts'
import { nothingStale } from '../desired/evidence.ts'
import { membersOf } from '../desired/members.ts'
import { serviceKey, type Declared, type DeclaredService, type Family } from '../model/declared.ts'
import { probeKey, type Health, type Resolution, type Resolutions } from '../model/observed.ts'
import { type RefuseAddress } from '../model/ports.ts'
import { questionsOf } from './observe.ts'
import { selectedServices, type PassOptions, type World } from './world.ts'

export interface HostEvidence {
  readonly host: string
  readonly family: Family
  readonly outcome: Resolution['outcome']
  readonly addresses: readonly string[]
  /** Seconds until the answer expires, clamped as configured; undefined for `unknown`. */
  readonly ttlSeconds?: number
  readonly reason?: string
}

export interface TargetEvidence {
  readonly address: string
  readonly port?: number
  readonly hosts: readonly string[]
  readonly check: 'none' | 'tcp' | 'http'
  readonly outcome: 'ready' | 'unready' | 'unprobed' | 'refused'
  readonly latencyMs?: number
  readonly reason: string
}

export interface ServiceEvidence {
  readonly namespace: string
  readonly name: string
  readonly hosts: readonly HostEvidence[]
  readonly targets: readonly TargetEvidence[]
}

/** The evidence for each selected service. `probe` of the world may be missing: then targets are listed, unprobed. */
export async function check(
  declared: Declared, world: Omit<World, 'target'>, options: PassOptions, signal: AbortSignal,
): Promise<readonly ServiceEvidence[]> {
  const services = selectedServices(declared, options)
  const resolutions = await world.resolve(questionsOf(services), signal)
  const now = world.now()
  const refuse = world.addressPolicy(new Map())
  const looks = services.map((service) => ({ service, ...membershipOf(service, resolutions, refuse) }))
  const targets = looks.flatMap(({ service, members }) => members.flatMap((member) => probeTargetOf(service, member) ?? []))
  const health = await world.probe?.(targets.map((target) => ({ ...target, before: 'unprobed' })), signal) ?? new Map<string, Health>()
  return looks.map(({ service, members, out }) => ({
    namespace: service.namespace, name: service.name,
    hosts: hostEvidence(service, resolutions, now),
    targets: [
      ...members.map((member) => targetEvidence(service, member, health)),
      ...out.map(({ address, hosts, reason }) => ({ address, hosts, check: service.healthCheck.kind, outcome: 'refused' as const, reason })),
    ],
  }))
}

export function isFine({ hosts, targets }: ServiceEvidence): boolean {
  const answered = new Set(hosts.filter(({ outcome }) => outcome === 'found').map(({ host }) => host))
  return hosts.every(({ host, outcome }) => outcome !== 'unknown' && answered.has(host))
    && targets.every(({ outcome }) => outcome === 'ready')
}

function membershipOf(service: DeclaredService, resolutions: Resolutions, refuse: RefuseAddress): Pick<ReturnType<typeof membersOf>, 'members' | 'out'> {
  return membersOf({
    service, resolutions, refuse, families: ['IPv4', 'IPv6'], published: { endpoints: [], staleSince: nothingStale }, acceptAbsent: true, now: '',
  })
}

function hostEvidence(service: DeclaredService, resolutions: Resolutions, now: number): HostEvidence[] {
  return service.targets.flatMap(({ host, families }) => (host === undefined ? [] : families.map((family) => {
    const resolution: Resolution = resolutions.get(host)?.[family] ?? { outcome: 'unknown', reason: `not asked for ${serviceKey(service)}` }
    return {
      host, family, outcome: resolution.outcome,
      addresses: resolution.outcome === 'found' ? resolution.addresses : [],
      ...(resolution.outcome !== 'unknown' && { ttlSeconds: Math.round((resolution.expiresAt - now) / 1000) }),
      ...(resolution.outcome !== 'found' && { reason: resolution.reason }),
    }
  })))
}

function targetEvidence(service: DeclaredService, member: Parameters<typeof probeTargetOf>[1], health: ReadonlyMap<string, Health>): TargetEvidence {
  const { address, hosts } = member
  const target = probeTargetOf(service, member)
  if (target === undefined) return { address, hosts, check: 'none', outcome: 'ready', reason: 'no check' }
  const { verdict, reason, latencyMs } = health.get(probeKey(target)) ?? { verdict: 'unprobed' as const, reason: 'not probed' }
  return { address, port: target.port, hosts, check: target.check.kind, outcome: verdict, reason, ...(latencyMs !== undefined && { latencyMs }) }
}
