// What `/status` answers, put together when it is asked for: what was remembered of each service, and what is known of its
// hosts and targets at that moment.

import { probeTargetOf } from '../desired/desire.ts'
import { publishedNow } from '../desired/published.ts'
import { serviceKey, type DeclaredService } from '../model/declared.ts'
import { probeKey, type HostState } from '../model/observed.ts'
import { type AddressState, type HostReport, type ServiceState } from '../model/run-status.ts'
import { type Followed } from './run-world.ts'
import { type KnownState } from './service-states.ts'

export interface StatusSources {
  readonly services: ReadonlyMap<string, DeclaredService>
  readonly stateOf: (key: string) => KnownState | undefined
  /** When the next try is due, in ms since the epoch. */
  readonly retryAt: (key: string) => number | undefined
  readonly followed: Followed
  /** ISO time since which a service that was not looked at waits. */
  readonly startedAt: string
}

export function serviceStatesOf({ services, stateOf, retryAt, followed, startedAt }: StatusSources): ServiceState[] {
  const hosts = Map.groupBy(followed.hosts.states(), ({ host }) => host)
  return [...services.values()].map((service) => {
    const key = serviceKey(service)
    const { namespace, name } = service
    const { isUnfinished: _isUnfinished, ...state } = stateOf(key)
      ?? { namespace, name, status: 'waiting' as const, since: startedAt, messages: [], addresses: [], isUnfinished: true }
    const next = retryAt(key)
    return {
      ...state,
      ...(next !== undefined && { retryAt: iso(next) }),
      hosts: hostReports(service, hosts, followed),
      addresses: state.addresses.map((address) => ({ ...address, ...probeOf(service, address, followed) })),
    }
  })
}

function hostReports({ namespace, name, targets }: DeclaredService, states: ReadonlyMap<string, readonly HostState[]>, { objects }: Followed): HostReport[] {
  const reports = targets.flatMap(({ host, families }) => (host === undefined ? [] : families.map((family) =>
    hostReport(host, family, states.get(host)?.find((each) => each.family === family)))))
  if (reports.every(({ outcome }) => outcome === 'found')) return reports
  const { staleSince } = publishedNow(objects.currentOf(namespace, name))
  return reports.map((report) => {
    const since = report.outcome === 'found' ? undefined : staleSince[report.host]
    return since === undefined ? report : { ...report, staleSince: since }
  })
}

function hostReport(host: string, family: HostReport['family'], state: HostState | undefined): HostReport {
  const resolution = state?.resolution
  return {
    host, family,
    outcome: resolution?.outcome ?? 'not asked',
    addresses: resolution?.outcome === 'found' ? resolution.addresses : [],
    ...(resolution !== undefined && resolution.outcome !== 'found' && { reason: resolution.reason }),
    ...(resolution !== undefined && resolution.outcome !== 'unknown' && { expiresAt: iso(resolution.expiresAt) }),
    ...(state !== undefined && { nextAskAt: iso(state.nextAskAt) }),
  }
}

function probeOf(service: DeclaredService, address: KnownState['addresses'][number], { targets }: StatusSources['followed']): Partial<AddressState> {
  const target = probeTargetOf(service, { ...address, drain: false })
  const state = target === undefined ? undefined : targets?.states.get(probeKey(target))
  if (state === undefined) return {}
  return { nextProbeAt: iso(state.nextProbeAt), ...(state.latencyMs !== undefined && { latencyMs: state.latencyMs }) }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
