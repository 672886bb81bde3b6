// What `/status` answers, put together when it is asked for: what was remembered of each service, and what is known of its
// hosts and targets at that moment.

import { probeTargetOf } from '../desired/desire.ts'
import { publishedNow } from '../desired/published.ts'
import { publishedReports } from '../desired/published-reports.ts'
import { type DeclaredService } from '../model/declared.ts'
import { probeKey, type HostState } from '../model/observed.ts'
import { type Leadership } from '../model/ports.ts'
import { type AddressState, type HostReport, type RunStatus, type ServiceState } from '../model/run-status.ts'
import { type Loop } from './loop.ts'
import { type Followed } from './run-world.ts'
import { type KnownState } from './service-states.ts'

/** What is known at this moment; all that a status has but the version. */
export function statusOfRun(loop: Loop, leadership: Leadership): Omit<RunStatus, 'version'> {
  const { world, situation, resync, queue, startedAt } = loop
  const { declared, takenAt, fault, guard } = situation
  const holder = leadership.holder()
  const resyncedAt = resync.lastAt()
  return {
    instance: declared.instance, now: iso(world.now()), startedAt, isLeading: leadership.isLeading(),
    ...(holder !== undefined && { holder }),
    config: { takenAt, ...(fault !== undefined && { fault }) },
    ...(resyncedAt !== undefined && { resyncedAt: iso(resyncedAt) }),
    ...(guard !== undefined && { guard }),
    queue: queue.size(),
    services: [...serviceStates(loop), ...withheldStates(loop)],
  }
}

/** What is no longer declared and stays for now: nothing of it is followed but its objects. */
function withheldStates({ situation: { withheld, services }, followed, startedAt }: Loop): ServiceState[] {
  const left = [...withheld?.entries() ?? []].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([key, each]) => (services.has(key) ? [] : [each]))
  return left.map(({ namespace, name, why, since }) => {
    const addresses = publishedReports(publishedNow(followed.objects.currentOf(namespace, name)), 'as last written')
    return { namespace, name, status: 'withheld', since, messages: [why], hosts: [], addresses: addresses.map((address) => ({ ...address, since: startedAt })) }
  })
}

function serviceStates({ world, situation, states, queue, followed, startedAt }: Loop): ServiceState[] {
  const hosts = Map.groupBy(followed.hosts.states(), ({ host }) => host)
  const now = world.now() - performance.now()
  return [...situation.services].map(([key, service]) => {
    const { namespace, name } = service
    const { isUnfinished: _isUnfinished, ...state } = states.get(key)
      ?? { namespace, name, status: 'waiting' as const, since: startedAt, messages: [], addresses: [], isUnfinished: true }
    const retryAt = queue.retryAt(key)
    return {
      ...state,
      ...(retryAt !== undefined && { retryAt: iso(now + retryAt) }),
      hosts: hostReports(service, hosts, followed),
      addresses: state.addresses.map((address) => ({ ...address, ...probeOf(service, address, followed) })),
    }
  })
}

function hostReports({ namespace, name, targets }: DeclaredService, states: ReadonlyMap<string, readonly HostState[]>, { objects }: Followed): HostReport[] {
  const reports = targets.flatMap(({ host, families }) => (host === undefined ? [] : families.map((family) =>
    hostReport(host, family, states.get(host)?.find((each) => each.family === family)))))
  // Read for silence alone: a scrape of ten thousand services has no time for more.
  if (reports.every(({ outcome }) => outcome !== 'unknown')) return reports
  const { staleSince } = publishedNow(objects.currentOf(namespace, name))
  return reports.map((report) => {
    const since = report.outcome === 'unknown' ? staleSince[report.family][report.host] : undefined
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

function probeOf(service: DeclaredService, address: KnownState['addresses'][number], { targets }: Followed): Partial<AddressState> {
  const target = probeTargetOf(service, { ...address, drain: false })
  const state = target === undefined ? undefined : targets?.states.get(probeKey(target))
  if (state === undefined) return {}
  return { nextProbeAt: iso(state.nextProbeAt), ...(state.latencyMs !== undefined && { latencyMs: state.latencyMs }) }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
