// What the objects say of services, where no controller can be asked: the evidence that it left with them.

import { currentOf } from '../controller/observe.ts'
import { publishedNow, type Published } from '../desired/published.ts'
import { publishedReports } from '../desired/published-reports.ts'
import { type Declared, type DeclaredService, serviceKey } from '../model/declared.ts'
import { isOurs } from '../model/marks.ts'
import { type CurrentService } from '../model/objects.ts'
import { type Current } from '../model/ports.ts'
import { type HostReport } from '../model/run-status.ts'
import { isPaused } from '../plan/plan-service.ts'
import { type ShownService } from '../report/status-outline.ts'

/**
 * Declared services first, there or not; then what is ours and not declared, which is all else that is read with the keys of
 * the declared ones. `declared.services` may be empty: then that says nothing.
 */
export function publishedServices({ instance, services }: Pick<Declared, 'instance' | 'services'>, current: Current): readonly ShownService[] {
  const keys = new Set(services.map(serviceKey))
  const others = [...current.services.values()].filter((service) => !keys.has(serviceKey(service)))
  return [
    ...services.map((service) => shown(currentOf(current, service), instance, [], service)),
    ...others.map((service) => shown(service, instance, services.length === 0 ? [] : ['No longer declared: the next sync or resync lets it go'])),
  ]
}

function shown(current: CurrentService, instance: string, messages: readonly string[], declared?: DeclaredService): ShownService {
  const { namespace, name, unreadable } = current
  if (unreadable !== undefined) return { namespace, name, status: 'unreadable', messages: [unreadable], hosts: [], addresses: [] }
  const published = publishedNow(current)
  const [status, ...more] = statusOf(current, instance, declared)
  return { namespace, name, status, messages: [...messages, ...more], hosts: hostsOf(published), addresses: publishedReports(published, 'as last written') }
}

function statusOf(current: CurrentService, instance: string, declared: DeclaredService | undefined): readonly [ShownService['status'], ...string[]] {
  const { service } = current
  if (service === undefined) return ['missing', 'Not there: nothing has written this Service']
  if (!isOurs(service, instance)) return ['foreign', `Service is not of instance ${instance}`]
  return isPaused(declared, current) ? ['paused', 'Paused: nothing of it is changed'] : ['published']
}

function hostsOf({ endpoints, staleSince }: Published): HostReport[] {
  const named = endpoints.flatMap(({ address, family, hosts }) => hosts.map((host) => ({ host, family, address })))
  const groups = Map.groupBy(named, ({ host, family }) => `${host} ${family}`)
  return [...groups.values()].flatMap((group) => group.slice(0, 1).map(({ host, family }) => ({
    host, family, outcome: 'not asked' as const, addresses: group.map(({ address }) => address),
    ...(staleSince[family][host] !== undefined && { staleSince: staleSince[family][host] }),
  })))
}
