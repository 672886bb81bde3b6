import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { build } from 'esbuild'
import { type Happening } from '../../src/model/happenings.ts'
import { openLog } from '../../src/telemetry/log.ts'
import { type Level } from '../../src/telemetry/log-line.ts'
import { addressState } from '../support/run-status.ts'

const service = { namespace: 'shop', name: 'db' } as const
const check = {
  kind: 'http', port: 'db', periodSeconds: 10, timeoutSeconds: 2, successThreshold: 1, failureThreshold: 3, transitionPeriodSeconds: 1,
  http: { path: '/health?token=hidden-path', scheme: 'HTTPS', headers: { authorization: 'hidden-header' }, expectedStatuses: [], bodyContains: 'hidden-body', verify: true },
} as const
const target = { address: '192.0.2.10', port: 5432, check, host: 'db.example.com' } as const
const found = { outcome: 'found', addresses: ['192.0.2.10'], expiresAt: 1 } as const
const state = { host: 'db.example.com', family: 'IPv4', resolution: found, nextAskAt: 1, failures: 0 } as const

async function lines(happenings: readonly Happening[], level: Level = 'trace', now = (): number => 0): Promise<Record<string, unknown>[]> {
  const texts: string[] = []
  const tell = await openLog({ level, isPretty: false, destination: { write: (line) => { texts.push(line) } }, now })
  for (const happening of happenings) tell(happening)
  return texts.map((text) => JSON.parse(text) as Record<string, unknown>)
}

/** Happening, its level, and what must be among the fields. */
const table: readonly (readonly [string, Happening, Level, Record<string, unknown>])[] = [
  ['a newcomer that is ready', { kind: 'address', ...service, address: addressState(), before: undefined }, 'info', { service: 'shop/db', address: '192.0.2.10', published: 'ready', reason: 'connected' }],
  ['an address that no longer serves', { kind: 'address', ...service, address: addressState({ published: 'notReady', verdict: 'unready', reason: 'timeout' }), before: 'ready' }, 'warn', { published: 'notReady', before: 'ready', reason: 'timeout' }],
  ['a newcomer that is not ready', { kind: 'address', ...service, address: addressState({ published: 'notReady' }), before: undefined }, 'info', { published: 'notReady' }],
  ['an address that left', { kind: 'address', ...service, address: addressState({ published: 'out', reason: 'no longer declared' }), before: 'ready' }, 'info', { published: 'out' }],
  ['a service that is done', { kind: 'service', ...service, status: 'done', before: 'kept', messages: [] }, 'info', { service: 'shop/db', status: 'done', before: 'kept' }],
  ['a service of which something is said loudly', { kind: 'service', ...service, status: 'done', before: 'done', messages: ['Panic: 1 of 4'] }, 'warn', { messages: ['Panic: 1 of 4'] }],
  ['a service that keeps what it had', { kind: 'service', ...service, status: 'kept', before: 'done', messages: ['why'] }, 'warn', { status: 'kept' }],
  ['a service that failed', { kind: 'service', ...service, status: 'failed', before: undefined, messages: [] }, 'warn', { status: 'failed' }],
  ['a service that is refused', { kind: 'service', ...service, status: 'refused', before: undefined, messages: [] }, 'warn', { status: 'refused' }],
  ['a write', { kind: 'written', ...service, verb: 'update', object: 'EndpointSlice', objectName: 'db-ipv4-1', summary: ['192.0.2.10 not ready'] }, 'info', { verb: 'update', kind: 'EndpointSlice', name: 'db-ipv4-1' }],
  ['a removal', { kind: 'removed', ...service, how: 'prune' }, 'info', { service: 'shop/db' }],
  ['a host that is found', { kind: 'host', state, before: undefined }, 'info', { host: 'db.example.com', type: 'A', outcome: 'found', addresses: ['192.0.2.10'] }],
  ['a host that is unknown', { kind: 'host', state: { ...state, resolution: { outcome: 'unknown', reason: 'SERVFAIL' }, failures: 2 }, before: found }, 'warn', { outcome: 'unknown', reason: 'SERVFAIL', before: 'found', failures: 2 }],
  ['a host without a name', { kind: 'host', state: { ...state, resolution: { outcome: 'absent', reason: 'NXDOMAIN', expiresAt: 1 } }, before: found }, 'warn', { message: 'Host does not exist', outcome: 'absent', reason: 'NXDOMAIN' }],
  ['a host that has one family alone', { kind: 'host', state: { ...state, family: 'IPv6', resolution: { outcome: 'absent', reason: 'NODATA', expiresAt: 1 } }, before: undefined }, 'info', { message: 'Host has no records of this type', type: 'AAAA', outcome: 'absent' }],
  ['an absence that is not confirmed', { kind: 'host', state: { ...state, resolution: { outcome: 'unknown', reason: 'absent (NXDOMAIN), 1 of 3', isUnconfirmed: true } }, before: found }, 'info', { outcome: 'unknown' }],
  ['a look-up', { kind: 'asked', host: 'db.example.com', family: 'IPv4', outcome: 'found', reason: '', seconds: 0.1 }, 'trace', { host: 'db.example.com' }],
  ['a verdict', { kind: 'verdict', target, verdict: 'unready', before: 'ready', reason: 'timeout' }, 'info', { address: '192.0.2.10', port: 5432, check: 'http', host: 'db.example.com', verdict: 'unready' }],
  ['a probe', { kind: 'probed', target, outcome: { ok: true, latencyMs: 1, reason: 'status 200' } }, 'trace', { ok: true, check: 'http' }],
  ['doubt of the own network', { kind: 'network in doubt', services: ['shop/db', 'shop/api'] }, 'warn', { count: 2 }],
  ['trust in it', { kind: 'network trusted' }, 'info', {}],
  ['leadership', { kind: 'leading', isLeading: true, holder: 'me' }, 'info', { holder: 'me' }],
  ['a config', { kind: 'config taken', services: 3, warnings: [] }, 'info', { services: 3 }],
  ['a config with warnings', { kind: 'config taken', services: 3, warnings: ['a.yaml:1:1: odd'] }, 'warn', { warnings: ['a.yaml:1:1: odd'] }],
  ['a config that is refused', { kind: 'config refused', fault: 'a.yaml:1:1: wrong' }, 'error', { fault: 'a.yaml:1:1: wrong' }],
  ['a resync on schedule', { kind: 'resync', cause: 'schedule', seconds: 1 }, 'debug', { cause: 'schedule' }],
  ['a resync for a reason', { kind: 'resync', cause: 'config', seconds: 1 }, 'info', { cause: 'config' }],
  ['a resync that failed', { kind: 'resync', cause: 'schedule', seconds: 1, error: 'no answer' }, 'warn', { reason: 'no answer' }],
  ['deletions withheld', { kind: 'withheld', deletions: 8, owned: 10, maxDeletePercent: 30 }, 'error', { deletions: 8, owned: 10 }],
  ['trouble', { kind: 'trouble', where: 'watch', message: 'gone' }, 'warn', { where: 'watch', reason: 'gone' }],
]

describe('openLog()', () => {
  test.each(table)('says %s', async (_, happening, level, fields) => {
    const [line] = await lines([happening])
    expect(line).toMatchObject({ level, ...fields })
    expect(line?.['message']).toMatch(/^[A-Z][^.]*[^.]$/)
    expect(line?.['time']).toMatch(/^\d{4}-\d\d-\d\dT/)
  })

  test('has every kind of happening in that table', () => {
    const kinds: Record<Happening['kind'], true> = {
      'address': true, 'service': true, 'written': true, 'removed': true, 'host': true, 'asked': true, 'verdict': true, 'probed': true,
      'network in doubt': true, 'network trusted': true, 'leading': true, 'config taken': true, 'config refused': true, 'resync': true, 'withheld': true, 'trouble': true,
    }
    expect(new Set(table.map(([, { kind }]) => kind))).toEqual(new Set(Object.keys(kinds)))
  })

  test('says nothing of what a check sends or looks for', async () => {
    const all = await lines(table.map(([, happening]) => happening))
    expect(all.length).toBe(table.length)
    expect(JSON.stringify(all)).not.toContain('hidden')
  })

  test.each([['info', false], ['debug', false], ['trace', true]] as const)('at level %s says single probes and look-ups: %s', async (level, isSaid) => {
    const said = await lines(table.map(([, happening]) => happening).filter(({ kind }) => kind === 'asked' || kind === 'probed'), level)
    expect(said.length > 0).toBe(isSaid)
  })

  test('says the same trouble once a minute, and how often it was met since', async () => {
    let now = 0
    const trouble = (where: string): Happening => ({ kind: 'trouble', where, message: 'connect ECONNREFUSED' })
    const texts: string[] = []
    const tell = await openLog({ level: 'info', isPretty: false, destination: { write: (line) => { texts.push(line) } }, now: () => now })
    for (let index = 0; index < 100; index += 1) tell(trouble(`shop/db-${index}`))
    now = 59_999
    tell(trouble('watch'))
    tell({ kind: 'trouble', where: 'watch', message: 'another' })
    now = 60_000
    tell(trouble('watch'))
    expect(texts.map((text) => JSON.parse(text) as unknown)).toMatchObject([
      { where: 'shop/db-0' }, { reason: 'another' }, { where: 'watch', reason: 'connect ECONNREFUSED', repeats: 100 },
    ])
  })

  test('writes a line for a person to read, its control characters made harmless', async () => {
    const texts: string[] = []
    const tell = await openLog({ level: 'info', isPretty: true, destination: { write: (line) => { texts.push(line) } } })
    tell({ kind: 'trouble', where: 'watch', message: '\u001B[31mgone\n' })
    expect(texts).toHaveLength(1)
    expect(texts[0]).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] WARN: Trouble \{"where":"watch","reason":"\\u001b\[31mgone\\n"\}\n$/)
  })

  test.each([[false, false], [false, true], [true, false], [true, true]])('loses no line at the end of the process (readable: %s, process.exit(): %s)', (isPretty, exits) => {
    const program = `
      const { openLog } = await import('./src/telemetry/log.ts')
      const tell = await openLog({ level: 'info', isPretty: ${isPretty} })
      for (let i = 0; i < 2000; i++) tell({ kind: 'removed', namespace: 'shop', name: 'db-' + i, how: 'prune' })
      ${exits ? 'process.exit(0)' : ''}`
    const { stderr, stdout } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program], { encoding: 'utf8' })
    expect(stderr.trim().split('\n')).toHaveLength(2000)
    expect(stderr).toContain('db-1999')
    expect(stdout).toBe('')
  })

  test.each([true, false])('works bundled too, as it is installed (readable: %s)', async (isPretty) => {
    const folder = await mkdtemp(join(tmpdir(), 'endpoint-registrar-log-'))
    try {
      const banner = { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" }
      await build({ entryPoints: ['src/telemetry/log.ts'], outdir: folder, outExtension: { '.js': '.mjs' }, bundle: true, splitting: true, format: 'esm', platform: 'node', banner, logLevel: 'silent' })
      const program = `const { openLog } = await import('${folder}/log.mjs'); (await openLog({ level: 'info', isPretty: ${isPretty} }))({ kind: 'network trusted' })`
      const { stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
      expect(stderr).toMatch(isPretty ? /INFO: Own network is trusted again/ : /^\{"level":"info",/)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
