// `run` in a quiet world: what it asks and uses, and what a full resync and a scrape cost.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ControlPlane } from '../test/cluster/harness/control-plane.ts'
import { requestMark, requestsSince } from '../test/cluster/harness/request-log.ts'
import { startDnsServer } from '../test/support/dns-server.ts'
import { makeNamespace, settle, withControlPlane } from './bench-cluster.ts'
import { countsText, mebibytes, median, milliseconds, printGoal, printTable, say, seconds, title } from './figures.ts'
import { startOutsideServers } from './outside-servers.ts'
import { inOwnNetwork } from './own-network.ts'
import { hostAddress, hostName, namespace, runConfigText } from './run-config.ts'
import { type MeasuredRun, startMeasuredRun, type Usage } from './run-process.ts'

export interface SteadySettings {
  /** How long each size is watched. */
  readonly minutes: number
  /** Only this size. */
  readonly services?: number
}

interface Size {
  readonly services: number
  readonly hosts: number
  readonly ttlSeconds: number
  readonly periodSeconds: number
  readonly goalMiB: number
}

const sizes: readonly Size[] = [
  { services: 1000, hosts: 200, ttlSeconds: 30, periodSeconds: 10, goalMiB: 128 },
  { services: 10_000, hosts: 2000, ttlSeconds: 60, periodSeconds: 60, goalMiB: 256 },
]

export async function runSteady(settings: SteadySettings): Promise<void> {
  await inOwnNetwork('run-steady', settings)
}

export async function measureSteady(settings: SteadySettings): Promise<void> {
  const chosen = sizes.filter(({ services }) => settings.services === undefined || settings.services === services)
  for (const size of chosen) await withControlPlane((plane) => measure(size, settings.minutes, plane))
}

async function measure(size: Size, minutes: number, plane: ControlPlane): Promise<void> {
  const { services, hosts, ttlSeconds, periodSeconds } = size
  title(`run with ${services} services of three targets, ${hosts} hosts of TTL ${ttlSeconds} s, TCP checks every ${periodSeconds} s, quiet for ${minutes} minutes`)
  const dir = await mkdtemp(join(tmpdir(), 'endpoint-registrar-bench-'))
  const [dns, outside] = await Promise.all([startDnsServer(), startOutsideServers()])
  for (let host = 0; host < hosts; host++) dns.host(hostName(host), [hostAddress(host, 0)], ttlSeconds)
  const config = join(dir, 'config.yaml')
  await writeFile(config, runConfigText({ services, hosts, swallowing: 0, dns: dns.address, port: outside.port, healthCheck: { tcp: {}, periodSeconds } }))
  await makeNamespace(plane, namespace)
  const run = await startMeasuredRun(['-c', config, '--kubeconfig', plane.kubeconfig, '--lease-namespace', namespace], join(dir, 'log'))
  try {
    const started = await run.usage()
    say(`Ready: RSS ${mebibytes(started.rssMiB)}, most so far ${mebibytes(started.peakMiB)}, CPU ${seconds(started.cpuMs)}`)
    await settle(plane)
    // What the start left behind is collected, and every target has been probed.
    await sleep(periodSeconds * 1000)
    await run.metrics()
    await sayQuiet(size, run, minutes * 60_000, async () => ({ asked: dns.queries.length, connections: outside.connections(), mark: await requestMark(plane) }),
      async (mark) => (await requestsSince(mark, { userAgent: 'endpoint-registrar' }, plane)))
    await sayBursts(run)
  } finally {
    await run.stop()
    await dns.stop()
    outside.stop()
    await rm(dir, { recursive: true, force: true })
  }
}

interface Counters { readonly asked: number; readonly connections: number; readonly mark: number }

async function sayQuiet(
  { hosts, ttlSeconds, goalMiB }: Size, run: MeasuredRun, ms: number, counters: () => Promise<Counters>, requests: (mark: number) => ReturnType<typeof requestsSince>,
): Promise<void> {
  const [before, first] = [await counters(), await run.usage()]
  const samples: Usage[] = []
  const begin = performance.now()
  while (performance.now() - begin < ms) {
    await sleep(Math.min(5000, ms))
    samples.push(await run.usage())
  }
  const [after, last, { counts }] = [await counters(), await run.usage(), await requests(before.mark)]
  const metrics = await run.metrics()
  const elapsed = performance.now() - begin
  printGoal('Requests to the API server', countsText(counts), 'no write but renewals of the lease')
  const most = hosts * 2 * elapsed / 1000 / ttlSeconds
  printGoal('DNS queries', `${after.asked - before.asked}`, `at most ${Math.ceil(most)}: one per host, type and TTL`)
  say(`Probes: ${(1000 * (after.connections - before.connections) / elapsed).toFixed(0)} a second`)
  say(`CPU: ${(100 * (last.cpuMs - first.cpuMs) / elapsed).toFixed(1)} % of a processor`)
  const rss = samples.map(({ rssMiB }) => rssMiB)
  printGoal('RSS', `median ${mebibytes(median(rss))}, most ${mebibytes(Math.max(...rss))}, peak since the start ${mebibytes(last.peakMiB)}`, `at most ${mebibytes(goalMiB)}`)
  say(`Loop lag: ${lagText(metrics)}`)
}

async function sayBursts(run: MeasuredRun): Promise<void> {
  const timed = async (path: string): Promise<number> => (await run.time(path)).ms
  const rows: string[][] = []
  for (const name of ['full resync', 'full resync', '/status', '/status', '/metrics', '/metrics']) {
    // The loop's lag begins anew.
    await run.metrics()
    const before = await run.usage()
    const ms = await (name === 'full resync' ? run.resync() : timed(name))
    const after = await run.usage()
    rows.push([name, milliseconds(ms), milliseconds(after.cpuMs - before.cpuMs), lagText(await run.metrics()), mebibytes(after.rssMiB), mebibytes(after.peakMiB)])
  }
  say('')
  printTable(['', 'wall', 'CPU', 'loop lag p50, p99, max', 'RSS', 'peak'], rows)
}

/** prom-client looks at the loop so often, and counts that in. */
const looksEveryMs = 10

function lagText(metrics: (name: string) => number): string {
  return ['p50', 'p99', 'max'].map((each) => milliseconds(Math.max(0, 1000 * metrics(`nodejs_eventloop_lag_${each}_seconds`) - looksEveryMs))).join(', ')
}
