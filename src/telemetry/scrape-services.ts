// Series of services, targets and hosts, made from what `run` knows at the moment of the scrape: they go with what they are of.

import { serviceKey } from '../model/declared.ts'
import { type AddressState, type HostReport, type RunStatus, type ServiceState } from '../model/run-status.ts'
import { labelsText, type Sample, type Scraped, scrapedNumber } from './scraped.ts'

const statuses = ['done', 'kept', 'refused', 'failed', 'paused', 'withheld', 'waiting'] as const
const outcomes = ['found', 'absent', 'unknown', 'not asked'] as const

/** `flips` by serviceKey. */
export function serviceSeries(status: () => RunStatus, flips: ReadonlyMap<string, number>): readonly Scraped[] {
  const services = (): RunStatus['services'] => status().services
  return [
    { name: 'services', kind: 'gauge', help: 'Services by status; waiting: not everything was asked once.',
      samples: () => countBy('status', services().map((service) => service.status), statuses) },
    scrapedNumber('services_retrying', 'Services whose last look failed and is to be repeated.', () =>
      services().filter(({ retryAt }) => retryAt !== undefined).length),
    { name: 'service_ready_addresses', kind: 'gauge', help: 'Addresses of a service that are published as ready; missing while it waits or is refused.',
      samples: () => serviceSamples(services().filter(isKnown), ({ addresses }) => addresses.filter(({ published }) => published === 'ready').length) },
    { name: 'service_flips_total', kind: 'counter', help: 'Times that an address of a service turned from ready to not ready or back.',
      samples: () => serviceSamples(services(), (service) => flips.get(serviceKey(service)) ?? 0) },
    { name: 'target_up', kind: 'gauge', help: 'Whether a target passes its check; missing before the first verdict, and while its service is paused or withheld.',
      samples: () => targetSamples(services().filter(isChecked), ({ verdict }) => (verdict === 'unprobed' ? undefined : Number(verdict === 'ready'))) },
    { name: 'target_ready', kind: 'gauge', help: 'Whether a target is published as ready, for whatever reason.',
      samples: () => targetSamples(services(), ({ published }) => Number(published === 'ready')) },
  ]
}

export function hostSeries(status: () => RunStatus): readonly Scraped[] {
  return [
    { name: 'hosts', kind: 'gauge', help: 'Hosts and record types by what DNS said of them last.',
      samples: () => countBy('outcome', [...hostsOf(status())].map(({ outcome }) => outcome), outcomes) },
    { name: 'host_answer_expiry_timestamp_seconds', kind: 'gauge', help: 'When the TTL of the last answer ends; missing without one.',
      samples: () => hostSamples(status(), ({ expiresAt }) => (expiresAt === undefined ? undefined : secondsOf(expiresAt))) },
    { name: 'host_stale_seconds', kind: 'gauge', help: 'How long addresses of a host are held without an answer; 0 while it answers.',
      samples: () => {
        const now = secondsOf(status().now)
        return hostSamples(status(), ({ staleSince }) => (staleSince === undefined ? 0 : Math.max(0, now - secondsOf(staleSince))))
      } },
  ]
}

/** What serves there is not known before the first look, nor where somebody else's object stands: 0 would wake people. */
function isKnown({ status }: ServiceState): boolean {
  return status !== 'waiting' && status !== 'refused'
}

/** What is paused, or no longer declared, is not probed: what was written last would be told as if it were so now. */
function isChecked({ status }: ServiceState): boolean {
  return status !== 'paused' && status !== 'withheld'
}

/** Of an ISO time, since the epoch. */
export function secondsOf(time: string): number {
  return Date.parse(time) / 1000
}

function* serviceSamples(services: readonly ServiceState[], valueOf: (service: ServiceState) => number): Generator<Sample> {
  for (const service of services) yield [serviceLabels(service), valueOf(service)]
}

function* targetSamples(services: readonly ServiceState[], valueOf: (address: AddressState) => number | undefined): Generator<Sample> {
  for (const service of services) yield* targetSamplesOf(service, valueOf)
}

function* targetSamplesOf(service: ServiceState, valueOf: (address: AddressState) => number | undefined): Generator<Sample> {
  for (const state of service.addresses) {
    const value = state.published === 'out' ? undefined : valueOf(state)
    if (value !== undefined) yield [`${serviceLabels(service)},${labelsText({ address: state.address, port: portOf(state) })}`, value]
  }
}

function* hostSamples(status: RunStatus, valueOf: (host: HostReport) => number | undefined): Generator<Sample> {
  for (const report of hostsOf(status)) {
    const value = valueOf(report)
    if (value !== undefined) yield [labelsText({ host: report.host, type: report.family === 'IPv4' ? 'A' : 'AAAA' }), value]
  }
}

/** Not `namespace`, `service` and `instance`: with Prometheus these are what was scraped. */
function serviceLabels({ namespace, name }: ServiceState): string {
  return labelsText({ service_namespace: namespace, service_name: name })
}

/** The same address on other ports is another target. */
function portOf({ ports }: AddressState): string {
  return Object.entries(ports).sort(([a], [b]) => (a < b ? -1 : 1)).map(([, port]) => port).join(',')
}

/** Each host and record type once, however many services have it; the one that is stale for longest speaks. */
function hostsOf({ services }: RunStatus): Iterable<HostReport> {
  const hosts = new Map<string, HostReport>()
  for (const report of services.flatMap((service) => service.hosts)) {
    const key = `${report.host} ${report.family}`
    const known = hosts.get(key)
    if (known === undefined || isStaler(report, known)) hosts.set(key, report)
  }
  return hosts.values()
}

function isStaler({ staleSince }: HostReport, { staleSince: other }: HostReport): boolean {
  return staleSince !== undefined && (other === undefined || staleSince < other)
}

/** Zeros included: an alert on a series that is missing never fires. */
function countBy<Value extends string>(label: string, values: readonly Value[], all: readonly Value[]): readonly Sample[] {
  const counts = new Map(all.map((value) => [value, 0]))
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].map(([value, count]) => [labelsText({ [label]: value.replace(' ', '_') }), count])
}
