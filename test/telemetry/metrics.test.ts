import { spawnSync } from 'node:child_process'
import { describe, expect, test } from '@jest/globals'
import { type Happening } from '../../src/model/happenings.ts'
import { type RunStatus } from '../../src/model/run-status.ts'
import { type Metrics, openMetrics } from '../../src/telemetry/metrics.ts'
import { addressState, hostReport, runStatus, serviceState } from '../support/run-status.ts'
import { type ParsedMetrics, parseMetrics } from './parse-metrics.ts'

const target = {
  address: '192.0.2.10', port: 5432,
  check: { kind: 'tcp', port: 'db', periodSeconds: 10, timeoutSeconds: 2, successThreshold: 1, failureThreshold: 3, transitionPeriodSeconds: 1 },
} as const

async function textOf(metrics: Metrics): Promise<string> {
  let text = ''
  for await (const chunk of metrics.chunks()) text += chunk
  return text
}

async function scrape(metrics: Metrics): Promise<ParsedMetrics> {
  return parseMetrics(await textOf(metrics))
}

/** The values of our series that begin so, by the rest of their name. */
async function ours(metrics: Metrics, start: string): Promise<Record<string, number>> {
  const { series } = await scrape(metrics)
  const prefix = `endpoint_registrar_${start}`
  return Object.fromEntries([...series].filter(([key]) => key.startsWith(prefix)).map(([key, value]) => [key.slice(prefix.length), value]))
}

function told(happenings: readonly Happening[], status: RunStatus = runStatus()): Metrics {
  const metrics = openMetrics({ status: () => status })
  for (const happening of happenings) metrics.tell(happening)
  return metrics
}

const addressHappening = (published: 'ready' | 'notReady' | 'out', before: 'ready' | 'notReady' | 'out' | undefined, name = 'db'): Happening =>
  ({ kind: 'address', namespace: 'shop', name, address: addressState({ published }), before })

describe('what happens is counted', () => {
  test('attempts by check, outcome and class of reason, and how long they took', async () => {
    const metrics = told([
      { kind: 'probed', target, outcome: { ok: true, latencyMs: 20, reason: 'connected' } },
      { kind: 'probed', target, outcome: { ok: false, latencyMs: 2000, reason: 'timeout' } },
      { kind: 'probed', target, outcome: { ok: false, latencyMs: 1, reason: 'ECONNREFUSED' } },
      { kind: 'probed', target, outcome: { ok: false, latencyMs: 1, reason: 'never heard of' } },
    ])
    expect(await ours(metrics, 'probes_total')).toMatchObject({
      '{check="tcp",outcome="passed",reason="none"}': 1, '{check="tcp",outcome="failed",reason="timeout"}': 1,
      '{check="tcp",outcome="failed",reason="refused"}': 1, '{check="tcp",outcome="failed",reason="other"}': 1,
      '{check="http",outcome="failed",reason="tls"}': 0,
    })
    expect(await ours(metrics, 'probe_duration_seconds')).toMatchObject({
      '_count{check="tcp"}': 4, '_sum{check="tcp"}': 2.022, '_bucket{le="0.025",check="tcp"}': 3,
    })
  })

  test('look-ups by outcome and class of reason', async () => {
    const asked = (outcome: 'found' | 'absent' | 'unknown', reason: string): Happening => ({ kind: 'asked', host: 'a.example.com', family: 'IPv4', outcome, reason, seconds: 0.5 })
    const metrics = told([asked('found', ''), asked('absent', 'NXDOMAIN'), asked('absent', 'NODATA'), asked('unknown', 'SERVFAIL'), asked('unknown', 'timeout, REFUSED'), asked('unknown', '???')])
    expect(await ours(metrics, 'dns_lookups_total')).toEqual({
      '{outcome="found",reason="none"}': 1, '{outcome="absent",reason="nxdomain"}': 1, '{outcome="absent",reason="nodata"}': 1,
      '{outcome="unknown",reason="timeout"}': 1, '{outcome="unknown",reason="servfail"}': 1, '{outcome="unknown",reason="refused"}': 0,
      '{outcome="unknown",reason="network"}': 0, '{outcome="unknown",reason="malformed"}': 0, '{outcome="unknown",reason="other"}': 1,
    })
    expect(await ours(metrics, 'dns_lookup_duration_seconds_count')).toEqual({ '{outcome="found"}': 1, '{outcome="absent"}': 2, '{outcome="unknown"}': 3 })
  })

  test('flips of a service: from ready to not ready and back, neither a newcomer nor one that leaves', async () => {
    const metrics = told([
      addressHappening('ready', undefined), addressHappening('notReady', 'ready'), addressHappening('ready', 'notReady'), addressHappening('out', 'ready'),
    ])
    expect(await ours(metrics, 'service_flips_total')).toEqual({ '{service_namespace="shop",service_name="db"}': 2 })
  })

  test('writes, removals, verdicts, statuses, leadership, configs, resyncs and troubles', async () => {
    const metrics = told([
      { kind: 'written', namespace: 'shop', name: 'db', verb: 'update', object: 'EndpointSlice', objectName: 'db-ipv4-1', summary: [] },
      { kind: 'removed', namespace: 'shop', name: 'db', how: 'release' },
      { kind: 'verdict', target, verdict: 'unready', before: 'ready', reason: 'timeout' },
      { kind: 'service', namespace: 'shop', name: 'db', status: 'kept', before: 'done', messages: [] },
      { kind: 'leading', isLeading: true, holder: 'me' },
      { kind: 'config taken', services: 1, warnings: [] }, { kind: 'config taken', services: 1, warnings: [] }, { kind: 'config refused', fault: 'x' },
      { kind: 'resync', cause: 'schedule', seconds: 2 }, { kind: 'resync', cause: 'schedule', seconds: 2, error: 'x' },
      { kind: 'trouble', where: 'shop/db', message: 'x' }, { kind: 'trouble', where: 'Watch of Services in shop', message: 'x' }, { kind: 'trouble', where: 'Watch of /srv/manifests', message: 'x' },
    ])
    const { series } = await scrape(metrics)
    const names = {
      'writes_total{verb="update",kind="EndpointSlice"}': 1, 'writes_total{verb="delete",kind="Service"}': 0,
      'removals_total{how="release"}': 1, 'removals_total{how="prune"}': 0, 'verdict_changes_total{verdict="unready"}': 1,
      'service_status_changes_total{status="kept"}': 1, 'leadership_changes_total{leading="true"}': 1,
      'config_loads_total{outcome="taken"}': 2, 'config_loads_total{outcome="refused"}': 1,
      'resyncs_total{cause="schedule",outcome="done"}': 1, 'resyncs_total{cause="schedule",outcome="failed"}': 1, 'resync_duration_seconds_count': 2,
      'troubles_total{where="service"}': 1, 'troubles_total{where="watch"}': 2, 'troubles_total{where="lease"}': 0,
    }
    for (const [name, value] of Object.entries(names)) expect([name, series.get(`endpoint_registrar_${name}`)]).toEqual([name, value])
  })

  test('requests to the API server, the queue and its looks', async () => {
    const metrics = told([])
    metrics.requested({ method: 'PUT', status: 409, seconds: 0.02 })
    metrics.requested({ method: 'PUT', seconds: 10 })
    metrics.waited(0.002)
    metrics.looked('failed')
    const { series } = await scrape(metrics)
    expect(Object.fromEntries([...series].filter(([name]) => /api_requests_total|looks_total|(api_request_duration|queue_wait)_seconds_count/.test(name)))).toEqual({
      'endpoint_registrar_api_requests_total{method="PUT",code="409"}': 1, 'endpoint_registrar_api_requests_total{method="PUT",code="error"}': 1,
      'endpoint_registrar_api_request_duration_seconds_count{method="PUT"}': 2, 'endpoint_registrar_queue_wait_seconds_count': 1,
      'endpoint_registrar_looks_total{result="failed"}': 1, 'endpoint_registrar_looks_total{result="done"}': 0, 'endpoint_registrar_looks_total{result="waiting"}': 0,
    })
  })
})

describe('what is known is shown as it is at the scrape', () => {
  test('targets up by their check, and ready as published', async () => {
    const addresses = [
      addressState(), addressState({ address: '192.0.2.11', verdict: 'unready', published: 'ready' }),
      addressState({ address: '192.0.2.12', verdict: 'unprobed', published: 'notReady' }), addressState({ address: '127.0.0.1', published: 'out' }),
      addressState({ address: '2001:db8::1', ports: { web: 443, admin: 8080 } }),
    ]
    const metrics = told([], runStatus({ services: [serviceState({ addresses })] }))
    const label = (address: string, port: string): string => `{service_namespace="shop",service_name="db",address="${address}",port="${port}"}`
    expect(await ours(metrics, 'target_up')).toEqual({ [label('192.0.2.10', '5432')]: 1, [label('192.0.2.11', '5432')]: 0, [label('2001:db8::1', '8080,443')]: 1 })
    expect(await ours(metrics, 'target_ready')).toEqual({
      [label('192.0.2.10', '5432')]: 1, [label('192.0.2.11', '5432')]: 1, [label('192.0.2.12', '5432')]: 0, [label('2001:db8::1', '8080,443')]: 1,
    })
    expect(await ours(metrics, 'service_ready_addresses')).toEqual({ '{service_namespace="shop",service_name="db"}': 3 })
  })

  test('that nothing serves only where that is known', async () => {
    const services = (['done', 'kept', 'failed', 'waiting', 'refused'] as const).map((status) => serviceState({ name: status, status, addresses: [] }))
    const zero = ['done', 'kept', 'failed'].map((name) => [`{service_namespace="shop",service_name="${name}"}`, 0])
    expect(await ours(told([], runStatus({ services })), 'service_ready_addresses')).toEqual(Object.fromEntries(zero))
  })

  test.each(['paused', 'withheld'] as const)('of a service that is %s what its objects have, and nothing of checks', async (state) => {
    const metrics = told([], runStatus({ services: [serviceState({ status: state, addresses: [addressState({ verdict: 'unready', reason: 'as last written' })] })] }))
    expect(await ours(metrics, 'services')).toMatchObject({ [`{status="${state}"}`]: 1 })
    expect(await ours(metrics, 'service_ready_addresses')).toEqual({ '{service_namespace="shop",service_name="db"}': 1 })
    expect(Object.values(await ours(metrics, 'target_ready'))).toEqual([1])
    expect(await ours(metrics, 'target_up')).toEqual({})
  })

  test('services by status, each status at all times', async () => {
    const services = [serviceState(), serviceState({ name: 'api', status: 'failed', retryAt: '2026-11-23T13:00:01.000Z', addresses: [] }), serviceState({ name: 'old', status: 'waiting' })]
    const metrics = told([], runStatus({ services }))
    expect(await ours(metrics, 'services')).toEqual({
      '{status="done"}': 1, '{status="kept"}': 0, '{status="refused"}': 0, '{status="failed"}': 1, '{status="paused"}': 0, '{status="withheld"}': 0, '{status="waiting"}': 1,
      '_retrying': 1,
    })
  })

  test('a host once, however many services have it: expiry of its answer, staleness', async () => {
    const stale = hostReport({ host: 'old.example.com', outcome: 'unknown', reason: 'SERVFAIL', staleSince: '2026-11-23T12:50:00.000Z' })
    const { expiresAt: _, ...unanswered } = stale
    const services = [
      serviceState({ hosts: [hostReport(), { ...unanswered, staleSince: '2026-11-23T12:58:00.000Z' }] }),
      serviceState({ name: 'api', hosts: [hostReport(), unanswered, hostReport({ family: 'IPv6', outcome: 'absent', reason: 'NODATA', addresses: [] })] }),
    ]
    const metrics = told([], runStatus({ services }))
    expect(await ours(metrics, 'host_stale_seconds')).toEqual({
      '{host="db.example.com",type="A"}': 0, '{host="old.example.com",type="A"}': 600, '{host="db.example.com",type="AAAA"}': 0,
    })
    expect(await ours(metrics, 'host_answer_expiry_timestamp_seconds')).toEqual({
      '{host="db.example.com",type="A"}': Date.parse('2026-11-23T13:00:25.000Z') / 1000, '{host="db.example.com",type="AAAA"}': Date.parse('2026-11-23T13:00:25.000Z') / 1000,
    })
    expect(await ours(metrics, 'hosts{')).toEqual({ 'outcome="found"}': 1, 'outcome="absent"}': 1, 'outcome="unknown"}': 1, 'outcome="not_asked"}': 0 })
  })

  test('the controller itself', async () => {
    const status = runStatus({
      isLeading: false, config: { takenAt: '2026-11-23T12:00:00.000Z', fault: 'x' }, queue: { waiting: 7, working: 2 }, guard: { deletions: 8, owned: 10, maxDeletePercent: 30 },
    })
    const metrics = openMetrics({ status: () => status, heardAt: () => 1_700_000_000_500 })
    metrics.tell({ kind: 'network in doubt', services: ['shop/db', 'shop/api'] })
    const { series } = await scrape(metrics)
    const noon = Date.parse('2026-11-23T12:00:00.000Z') / 1000
    const values = {
      'build_info{version="1.2.3",registrar_instance="shop"}': 1, 'leading': 0, 'config_fault': 1, 'config_last_success_timestamp_seconds': noon,
      'last_resync_timestamp_seconds': noon + 3300, 'withheld_deletions': 8, 'network_in_doubt': 1, 'watch_last_heard_timestamp_seconds': 1_700_000_000.5,
      'queue_depth{state="waiting"}': 7, 'queue_depth{state="working"}': 2,
    }
    for (const [name, value] of Object.entries(values)) expect([name, series.get(`endpoint_registrar_${name}`)]).toEqual([name, value])
    metrics.tell({ kind: 'network trusted' })
    expect(await ours(metrics, 'network_in_doubt')).toEqual({ '': 0 })
  })

  test('what is not known yet has no series', async () => {
    const { resyncedAt: _, ...status } = runStatus()
    expect(await ours(told([], status), 'last_resync')).toEqual({})
    expect(await ours(told([], status), 'watch_last_heard')).toEqual({})
  })
})

describe('openMetrics()', () => {
  test('has no series left of what is gone, nor its flips when it comes back', async () => {
    let status = runStatus({ services: [serviceState(), serviceState({ name: 'api', hosts: [hostReport({ host: 'api.example.com' })] })] })
    const metrics = openMetrics({ status: () => status })
    metrics.tell(addressHappening('notReady', 'ready', 'api'))
    const both = status
    expect([...(await scrape(metrics)).series.keys()].filter((key) => key.includes('api.example') || key.includes('"api"')).length).toBeGreaterThan(4)
    status = runStatus()
    expect([...(await scrape(metrics)).series.keys()].filter((key) => key.includes('api.example') || key.includes('"api"'))).toEqual([])
    status = both
    expect((await ours(metrics, 'service_flips_total'))['{service_namespace="shop",service_name="api"}']).toBe(0)
  })

  test('bounds what free text and odd statuses can make of labels', async () => {
    const metrics = told(Array.from({ length: 1000 }, (_, index): readonly Happening[] => [
      { kind: 'trouble', where: `place ${index}`, message: 'x' }, { kind: 'trouble', where: `shop/db-${index}`, message: 'x' },
      { kind: 'probed', target, outcome: { ok: false, latencyMs: 1, reason: `status ${index}` } },
      { kind: 'asked', host: `${index}.example.com`, family: 'IPv4', outcome: 'unknown', reason: `code ${index}`, seconds: 1 },
      { kind: 'verdict', target: { ...target, address: `192.0.2.${index}` }, verdict: 'unready', before: 'ready', reason: `${index}` },
    ]).flat())
    const before = (await scrape(told([]))).series.size
    expect((await scrape(metrics)).series.size - before).toBeLessThan(80)
  })

  test('escapes what labels may not hold', async () => {
    const metrics = told([], runStatus({ version: 'a"b\\c\nd' }))
    expect(await ours(metrics, 'build_info')).toEqual({ '{version="a\\"b\\\\c\\nd",registrar_instance="shop"}': 1 })
  })

  test('keeps the names of the conventions', async () => {
    const { types } = await scrape(told([]))
    const own = [...types].filter(([name]) => !/^(process|nodejs)_/.test(name))
    expect(own.length).toBeGreaterThan(30)
    for (const [name, type] of own) {
      expect(name).toMatch(/^endpoint_registrar_[a-z_]+$/)
      expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter'])
      if (type === 'histogram') expect(name).toMatch(/_seconds$/)
    }
  })

  test('has the process and its event loop too, on a registry of its own', async () => {
    const { types } = await scrape(told([]))
    expect([...types.keys()]).toEqual(expect.arrayContaining(['process_cpu_seconds_total', 'process_resident_memory_bytes', 'nodejs_eventloop_lag_p99_seconds', 'nodejs_gc_duration_seconds']))
  })

  test('asks for the status once a scrape, however many series are made of it', async () => {
    let asked = 0
    const metrics = openMetrics({ status: () => { asked += 1; return runStatus() } })
    await scrape(metrics)
    expect(asked).toBe(1)
  })

  test('lets others have their turn while 10,000 services are written', async () => {
    const services = Array.from({ length: 10_000 }, (_, index) => serviceState({ name: `db-${index}`, hosts: [hostReport({ host: `db-${index}.example.com` })] }))
    const metrics = openMetrics({ status: () => runStatus({ services }) })
    let turns = 0
    const timer = setInterval(() => { turns += 1 }, 1)
    const { series } = await scrape(metrics)
    clearInterval(timer)
    expect(series.size).toBeGreaterThan(60_000)
    expect(turns).toBeGreaterThan(5)
  })

  test('keeps no process from its end', () => {
    const program = `
      const { openMetrics } = await import('./src/telemetry/metrics.ts')
      const { runStatus } = await import('./test/support/run-status.ts')
      for await (const chunk of openMetrics({ status: runStatus }).chunks()) process.stdout.write(chunk.slice(0, 0))`
    const { status, stderr } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program], { encoding: 'utf8', timeout: 20_000 })
    expect([status, stderr]).toEqual([0, ''])
  })
})
