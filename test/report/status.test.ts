// `status` and `explain`: what is printed, and how they end.

import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from '@jest/globals'
import { type RunStatus } from '../../src/model/run-status.ts'
import { printExplanation } from '../../src/report/print-explain.ts'
import { printStatus } from '../../src/report/print-status.ts'
import { outlineOfStatus, type ShownService, statusExitCode, type StatusOutline } from '../../src/report/status-outline.ts'
import { addressState, hostReport, runStatus, serviceState, statusNow } from '../support/run-status.ts'

const stale = hostReport({ outcome: 'unknown', reason: 'SERVFAIL', staleSince: '2026-11-23T12:50:00.000Z' })
const down = addressState({ address: '192.0.2.11', published: 'notReady', verdict: 'unready', reason: 'timeout', since: '2026-11-23T12:59:30.000Z', latencyMs: 2000 })

function lines(outline: StatusOutline, isVerbose = false): string[] {
  return stripVTControlCharacters(printStatus(outline, isVerbose)).split('\n')
}

function explained(outline: StatusOutline): string[] {
  const [service] = outline.services
  if (service === undefined) throw new Error('Nothing to explain')
  return stripVTControlCharacters(printExplanation(outline, service)).split('\n')
}

const statusOf = (over: Partial<RunStatus>): StatusOutline => outlineOfStatus(runStatus(over))

describe('printStatus()', () => {
  test('has a line for the controller and one for each service', () => {
    const services = [
      serviceState({ addresses: [addressState(), down, addressState({ address: '127.0.0.1', published: 'out' })] }),
      serviceState({ name: 'legacy-api', status: 'kept', messages: ['one', 'two'], hosts: ['a', 'b', 'c'].map((host) => hostReport({ host })), addresses: [addressState({ hosts: ['a'] })] }),
      serviceState({ name: 'new', status: 'waiting', hosts: [], addresses: [] }),
    ]
    expect(lines(statusOf({ services }))).toEqual([
      'shop 1.2.3: leads, up 1h, config taken 1h ago, resynced 5m ago',
      '',
      'NAMESPACE/NAME   STATUS   READY  HOSTS           SINCE  MESSAGE',
      'shop/db          done     1/2    db.example.com  1h',
      'shop/legacy-api  kept     1/1    a b +1          1h     one (and 1 more)',
      'shop/new         waiting  0/0                    1h',
    ])
    expect(lines(statusOf({ services }), true).slice(4, 6)).toEqual([
      'shop/legacy-api  kept     1/1    a b +1          1h     one',
      '                                                        two',
    ])
  })

  test.each([
    ['a standby', { isLeading: false }, ['shop 1.2.3: stands by, registrar-0_a1 leads, up 1h, config taken 1h ago, resynced 5m ago']],
    ['a controller at work', { queue: { waiting: 3, working: 2 } }, ['shop 1.2.3: leads, up 1h, config taken 1h ago, resynced 5m ago, 3 waiting and 2 at work']],
    ['a refused config', { config: { takenAt: statusNow, fault: 'a.yaml:1:1: wrong' } }, [
      'shop 1.2.3: leads, up 1h, config taken 0s ago, resynced 5m ago', '! The last config was refused, the one before it holds and nothing is pruned: a.yaml:1:1: wrong']],
    ['the guard', { guard: { deletions: 8, owned: 10, maxDeletePercent: 30 } }, [
      'shop 1.2.3: leads, up 1h, config taken 1h ago, resynced 5m ago', '! Guard: 8 of 10 Services would go, more than 30%: deletions are withheld, see --allow-deletes']],
  ] as const)('says %s', (_, over, head) => {
    expect(lines(statusOf(over)).slice(0, head.length)).toEqual(head)
  })

  test('says that nobody is known to lead, and that nothing was resynced', () => {
    const { holder: _h, resyncedAt: _r, ...status } = runStatus({ isLeading: false })
    expect(lines(outlineOfStatus(status))[0]).toBe('shop 1.2.3: stands by, nobody is known to lead, up 1h, config taken 1h ago, not resynced yet')
  })

  test('says where it comes from when it is no controller', () => {
    expect(lines({ source: 'cluster', now: statusNow, notes: ['No controller answers'], services: [] })).toEqual(['! No controller answers', '', 'No services'])
  })
})

describe('printExplanation()', () => {
  test('has each address and host, with why, since when and what comes next', () => {
    const addresses = [addressState(), down, addressState({ address: '127.0.0.1', published: 'out', verdict: 'unprobed', reason: 'loopback', hosts: [] })]
      .map(({ nextProbeAt, ...address }) => (address.published === 'out' ? address : { ...address, ...(nextProbeAt !== undefined && { nextProbeAt }) }))
    expect(explained(statusOf({ services: [serviceState({ addresses })] }))).toEqual([
      'shop 1.2.3: leads, up 1h, config taken 1h ago, resynced 5m ago',
      '',
      'shop/db done for 1h',
      '',
      '       ADDRESS     PORT  READY      SINCE  WHY        CHECK            NEXT CHECK  FROM',
      '  in   192.0.2.10  5432  ready      1h     connected  passes, 1.3ms    in 4s       db.example.com',
      '  in   192.0.2.11  5432  not ready  30s    timeout    fails, 2000.0ms  in 4s       db.example.com',
      '  out  127.0.0.1   5432             1h     loopback                                declared',
      '',
      '  HOST            TYPE  OUTCOME  TTL LEFT  NEXT LOOK-UP  ADDRESSES',
      '  db.example.com  A     found    25s       in 27s        192.0.2.10',
    ])
  })

  test('has every message with what can be done, and when it is tried again', () => {
    const messages = ['db.example.com: A: unknown (SERVFAIL): keeps 1 address since 2026-11-23T12:50:00.000Z', 'never heard of']
    const { expiresAt: _, ...host } = stale
    const text = explained(statusOf({ services: [serviceState({ status: 'kept', messages, retryAt: '2026-11-23T13:00:03.000Z', hosts: [{ ...host, nextAskAt: statusNow }] })] }))
    expect(text[2]).toBe('shop/db kept for 1h, next try in 3s')
    expect(text.slice(3, 6)).toEqual([`  ! ${messages[0] ?? ''}`, expect.stringMatching(/^ {4}→ DNS gives no answer/), '  ! never heard of'])
    expect(text.at(-1)).toMatch(/^ {2}db\.example\.com {2}A {5}unknown {12}now {11}192\.0\.2\.10 SERVFAIL stale for 10m$/)
  })

  test('needs neither times nor hosts', () => {
    const { since: _s, nextProbeAt: _n, latencyMs: _l, ...address } = addressState({ hosts: [] })
    const service: ShownService = { namespace: 'shop', name: 'db', status: 'published', messages: [], hosts: [], addresses: [address] }
    expect(explained({ source: 'directory', now: statusNow, notes: [], services: [service] }).slice(1)).toEqual([
      'shop/db published', '',
      '      ADDRESS     PORT  READY  SINCE  WHY        CHECK   NEXT CHECK  FROM',
      '  in  192.0.2.10  5432  ready         connected  passes              declared',
    ])
  })
})

describe('statusExitCode()', () => {
  const service = (over: Partial<ShownService>): StatusOutline => ({ source: 'controller', now: statusNow, notes: [], services: [{ ...serviceState(), ...over }] })

  test.each<[string, StatusOutline, number]>([
    ['all is done and serves', service({}), 0],
    ['one of two addresses is down', service({ addresses: [addressState(), down] }), 0],
    ['no address is ready', service({ addresses: [down] }), 4],
    ['there is no address', service({ addresses: [] }), 4],
    ['a service is paused and serves', service({ status: 'paused' }), 0],
    ['a service is paused, and serves by nothing', service({ status: 'paused', addresses: [down] }), 4],
    ['a service keeps what it had', service({ status: 'kept' }), 4],
    ['a service is refused', service({ status: 'refused' }), 4],
    ['a service failed', service({ status: 'failed' }), 4],
    ['a service waits for its first answers', service({ status: 'waiting' }), 4],
    ['a Service is published', service({ status: 'published' }), 0],
    ['a Service is published, of a host that is stale', service({ status: 'published', hosts: [stale] }), 4],
    ['a Service is missing', service({ status: 'missing', addresses: [] }), 4],
    ['a Service is foreign', service({ status: 'foreign' }), 4],
    ['a namespace is unreadable', service({ status: 'unreadable', addresses: [] }), 4],
    ['nothing is declared', statusOf({ services: [] }), 0],
    ['the last config was refused', statusOf({ config: { takenAt: statusNow, fault: 'x' } }), 4],
    ['the guard withholds', statusOf({ guard: { deletions: 8, owned: 10, maxDeletePercent: 30 } }), 3],
  ])('where %s', (_, outline, code) => {
    expect(statusExitCode(outline)).toBe(code)
  })
})
