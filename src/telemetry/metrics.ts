// Metrics by the conventions of Prometheus, on a registry of their own; docs/metrics.md says what each one means.

import { setImmediate as turn } from 'node:timers/promises'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { serviceKey } from '../model/declared.ts'
import { type Tell } from '../model/happenings.ts'
import { type RunStatus } from '../model/run-status.ts'
import { countHappenings } from './count-happenings.ts'
import { combinations, counter, histogram } from './metric.ts'
import { runSeries } from './scrape-run.ts'
import { hostSeries, serviceSeries } from './scrape-services.ts'
import { textOfScraped } from './scraped.ts'

export interface MetricsOptions {
  /** Asked once for each scrape. */
  readonly status: () => RunStatus
  /** ms since the epoch of the last sign of life of the slowest watch. */
  readonly heardAt?: () => number | undefined
}

export interface Metrics {
  /** Counts what happens. */
  readonly tell: Tell
  /** One request to the API server ended; without a status no answer came. */
  readonly requested: (request: { readonly method: string; readonly status?: number; readonly seconds: number }) => void
  /** A service had waited so many seconds for its turn, beyond the debounce. */
  readonly waited: (seconds: number) => void
  /** How a look at a service ended: each `failed` is tried again. */
  readonly looked: (result: 'done' | 'waiting' | 'failed') => void
  readonly contentType: string
  /** Everything as Prometheus reads it, in pieces: some megabytes at 10,000 services. Throws what `status` throws. */
  readonly chunks: () => AsyncIterable<string>
}

const requestSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const waitSeconds = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 5, 30]

/** Once a process: what prom-client observes of the process itself (loop lag, garbage collection) it observes until the end. */
export function openMetrics({ status, heardAt = () => undefined }: MetricsOptions): Metrics {
  const registry = new Registry()
  const tally = countHappenings(registry)
  const work = countWork(registry)
  collectDefaultMetrics({ register: registry })
  return {
    tell: tally.tell,
    ...work,
    contentType: registry.contentType,
    async* chunks() {
      const seen = status()
      const now = (): RunStatus => seen
      forget(tally.flips, seen)
      for (const { name } of registry.getMetricsAsArray()) yield `${await registry.getSingleMetricAsString(name)}\n\n`
      const scraped = [...runSeries({ status: now, heardAt, isNetworkInDoubt: tally.isNetworkInDoubt }), ...serviceSeries(now, tally.flips), ...hostSeries(now)]
      for (const each of scraped) {
        for (const chunk of textOfScraped(each)) {
          yield chunk
          // The probes have their turn in between.
          await turn()
        }
      }
    },
  }
}

function countWork(registry: Registry): Pick<Metrics, 'requested' | 'waited' | 'looked'> {
  const requests = counter(registry, { name: 'api_requests_total', help: 'Requests to the API server, by method and status code; code error: no answer came.' }, ['method', 'code'])
  const duration = histogram(registry, { name: 'api_request_duration_seconds', help: 'How long a request to the API server took, by method.' }, requestSeconds, ['method'])
  const wait = histogram(registry, { name: 'queue_wait_seconds', help: 'How long a service waited for its turn, beyond the debounce.' }, waitSeconds)
  const looks = counter(registry, { name: 'looks_total', help: 'Looks at a service, by how they ended; a failed one is tried again.' }, ['result'],
    combinations({ result: ['done', 'waiting', 'failed'] }))
  return {
    requested: ({ method, status, seconds }) => {
      requests.inc({ method, code: status?.toString() ?? 'error' })
      duration.observe({ method }, seconds)
    },
    waited: (seconds) => { wait.observe(seconds) },
    looked: (result) => { looks.inc({ result }) },
  }
}

/** Flips of services that are gone: a name that comes back begins at 0. */
function forget(flips: Map<string, number>, { services }: RunStatus): void {
  const keys = new Set(services.map(serviceKey))
  for (const key of flips.keys()) if (!keys.has(key)) flips.delete(key)
}
