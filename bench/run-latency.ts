// How long `run` takes from what it has learned to what is written, with 1,000 services and 200 targets that swallow packets.
// Detection (TTL, probe period, thresholds) is not in the figures: a DNS change counts from the answer that first named the
// new address, as our name server sent it; a death from the 503 that crossed the failure threshold, as our server sent it.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { addresses } from '../test/support/dns-behaviours.ts'
import { type ControlPlane } from '../test/cluster/harness/control-plane.ts'
import { requestMark } from '../test/cluster/harness/request-log.ts'
import { startDnsServer } from '../test/support/dns-server.ts'
import { makeNamespace, settle, withControlPlane } from './bench-cluster.ts'
import { milliseconds, printGoal, printTable, say, title } from './figures.ts'
import { epochMs, startOutsideServers } from './outside-servers.ts'
import { inOwnNetwork } from './own-network.ts'
import { hostAddress, hostName, namespace, ownAddress, runConfigText, serviceName } from './run-config.ts'
import { startMeasuredRun } from './run-process.ts'
import { slicePutsSince } from './slice-puts.ts'
import { watchSlices } from './slice-watch.ts'

const services = 1000
const hosts = 200
const swallowing = 200
const ttlSeconds = 5
const failureThreshold = 3
// HTTP, since its server sees which attempt failed; not too often, since what is measured is not how many of them we can make.
const healthCheck = { http: { path: '/' }, periodSeconds: 20, timeoutSeconds: 2, failureThreshold }
/** Slices that change in a second: a busy day, not a burst. */
const perSecond = 20

export async function runLatency(): Promise<void> {
  await inOwnNetwork('run-latency')
}

/** One slice that is to change: when that was to be known, when the API server received it, when a watch heard of it. */
interface Event {
  learnedAt?: number
  heardAt?: number
}

export async function measureLatency(): Promise<void> {
  title(`From learned to written: ${services} services of three targets, ${swallowing} targets that swallow packets, ${perSecond} slices a second`)
  await withControlPlane(measure)
}

async function measure(plane: ControlPlane): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'endpoint-registrar-bench-'))
  const moves = new Map<string, Event>()
  const deaths = new Map<string, Event>()
  const refusals = new Map<string, number>()
  const outside = await startOutsideServers((address, at) => {
    const count = (refusals.get(address) ?? 0) + 1
    refusals.set(address, count)
    const event = deaths.get(address)
    if (count === failureThreshold && event !== undefined) event.learnedAt = at
  })
  const dns = await startDnsServer()
  /** Which services use a host, each with a slice of its own. */
  const usersOf = (host: number): readonly number[] => Array.from({ length: services / hosts }, (_, index) => host + index * hosts)
  const place = (host: number, where: 0 | 1): void => {
    const answer = addresses([hostAddress(host, where)], ttlSeconds)
    dns.host(hostName(host), [hostAddress(host, where)], ttlSeconds)
    dns.answer(hostName(host), 'A', (asked) => {
      for (const service of usersOf(host)) {
        const event = moves.get(keyOf(service, hostAddress(host, where)))
        if (event !== undefined) event.learnedAt ??= epochMs()
      }
      return answer(asked)
    })
  }
  for (let host = 0; host < hosts; host++) place(host, 0)
  const config = join(dir, 'config.yaml')
  await writeFile(config, runConfigText({ services, hosts, swallowing, dns: dns.address, port: outside.port, healthCheck }))
  await makeNamespace(plane, namespace)
  const run = await startMeasuredRun(['-c', config, '--kubeconfig', plane.kubeconfig, '--lease-namespace', namespace], join(dir, 'log'))
  const watch = await watchSlices(plane, namespace, ({ name, endpoints }, at) => {
    for (const { addresses: [address = ''], conditions } of endpoints) {
      const moved = moves.get(`${name} ${address}`)
      if (moved !== undefined) moved.heardAt ??= at
      const died = conditions?.ready === false ? deaths.get(address) : undefined
      if (died !== undefined) died.heardAt ??= at
    }
  })
  const ownLag = monitorEventLoopDelay({ resolution: 10 })
  try {
    // Every target was probed, and the dead ones found.
    await sleep(25_000)
    await settle(plane)
    await run.metrics()
    ownLag.enable()
    const mark = await requestMark(plane)
    for (let host = 0; host < hosts; host++) {
      for (const service of usersOf(host)) moves.set(keyOf(service, hostAddress(host, 1)), {})
      place(host, 1)
      await sleep(1000 * services / hosts / perSecond)
    }
    await sleep((ttlSeconds + 5) * 1000)
    sayFigures('DNS answer changed', moves, (key) => key.split(' ')[0] ?? '', await slicePutsSince(mark, plane))
    const markOfDeaths = await requestMark(plane)
    for (let service = 0; service < services; service++) {
      deaths.set(ownAddress(service), {})
      outside.kill(ownAddress(service))
      await sleep(1000 / perSecond)
    }
    await sleep((healthCheck.periodSeconds + failureThreshold + 5) * 1000)
    const sliceOf = new Map(Array.from({ length: services }, (_, service) => [ownAddress(service), sliceName(service)]))
    sayFigures('Target dead', deaths, (address) => sliceOf.get(address) ?? '', await slicePutsSince(markOfDeaths, plane))
    const metrics = await run.metrics()
    say(`Loop lag of run meanwhile: p99 ${milliseconds(metrics('nodejs_eventloop_lag_p99_seconds') * 1000)}, max ${milliseconds(metrics('nodejs_eventloop_lag_max_seconds') * 1000)}; of the bench itself p99 ${milliseconds(ownLag.percentile(99) / 1e6)}`)
  } finally {
    await watch.stop()
    await run.stop()
    await dns.stop()
    outside.stop()
    await rm(dir, { recursive: true, force: true })
  }
}

function sliceName(service: number): string {
  return `${serviceName(service)}-ipv4-1`
}

function keyOf(service: number, address: string): string {
  return `${sliceName(service)} ${address}`
}

function sayFigures(what: string, events: ReadonlyMap<string, Event>, sliceOf: (key: string) => string, puts: ReadonlyMap<string, readonly number[]>): void {
  const sent: number[] = []
  const written: number[] = []
  for (const [key, { learnedAt, heardAt }] of events) {
    if (learnedAt === undefined || heardAt === undefined) continue
    const receivedAt = (puts.get(sliceOf(key)) ?? []).find((at) => at > learnedAt)
    if (receivedAt !== undefined) sent.push(receivedAt - learnedAt)
    written.push(heardAt - learnedAt)
  }
  say('')
  printTable([`${what}, to`, 'events', 'p50', 'p99', 'max'], [
    ['write received by the API server', ...figures(sent)],
    ['write heard by a watch', ...figures(written)],
  ])
  const missing = [...events.values()].filter(({ heardAt }) => heardAt === undefined).length
  if (missing > 0) say(`Not written in time: ${missing}`)
  printGoal(`${what}, to written, p99`, figures(written)[2] ?? '', 'at most 100 ms, of which 50 ms are the debounce')
}

function figures(values: readonly number[]): readonly string[] {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number): string => milliseconds(sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? NaN)
  return [String(sorted.length), at(0.5), at(0.99), at(1)]
}
