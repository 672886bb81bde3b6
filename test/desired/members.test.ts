// RULES 2, row by row: what DNS says of a host, and what becomes of its addresses.

import { describe, expect, test } from '@jest/globals'
import { type DeclaredService } from '../../src/model/declared.ts'
import { type CurrentService } from '../../src/model/objects.ts'
import { address, declaredService, host, port } from '../support/declared-service.ts'
import { MemoryApi } from '../support/memory-api.ts'
import { absent, decisions, found, nothingThere, onlyIPv4, planOf, servedBy, unknown, type Answers, type Seen } from '../support/one-service.ts'

const db = declaredService({ targets: [host('db.example.com')] })

/** The service after one pass with these answers. */
function after(declared: DeclaredService, seen: Seen, current: CurrentService = nothingThere): CurrentService {
  const api = new MemoryApi(Array.isArray(seen.families) ? seen.families : ['IPv4'])
  for (const object of [current.service, ...current.slices, current.endpoints]) if (object !== undefined) api.put(object)
  const { failure } = api.write(planOf(declared, api.current('shop', 'db'), seen).changes)
  expect(failure).toBeUndefined()
  return api.current('shop', 'db')
}

describe('found', () => {
  test('its addresses are the members, in any order and each once', () => {
    const plan = planOf(db, nothingThere, { answers: { 'db.example.com': onlyIPv4('10.0.0.2', '10.0.0.1', '10.0.0.2') } })
    expect(plan.status).toBe('done')
    expect(plan.addresses.map((each) => each.address)).toEqual(['10.0.0.1', '10.0.0.2'])
  })

  test('an address that is no longer among them leaves, and the report says of which host', () => {
    const before = after(db, { answers: { 'db.example.com': onlyIPv4('10.0.0.1', '10.0.0.2') } })
    const plan = planOf(db, before, { answers: { 'db.example.com': onlyIPv4('10.0.0.2') } })
    expect(decisions(plan)).toEqual({ '10.0.0.1': 'out', '10.0.0.2': 'ready' })
    expect(plan.addresses.find(({ published }) => published === 'out')?.reason).toBe('no longer in the answer of db.example.com')
  })

  test('two hosts with one address are one endpoint that remembers both', () => {
    const two = declaredService({ targets: [host('b.example.com'), host('a.example.com')] })
    const answers: Answers = { 'a.example.com': onlyIPv4('10.0.0.1'), 'b.example.com': onlyIPv4('10.0.0.1') }
    expect(planOf(two, nothingThere, { answers }).addresses).toMatchObject([{ address: '10.0.0.1', hosts: ['a.example.com', 'b.example.com'] }])
    const before = after(two, { answers })
    const plan = planOf(two, before, { answers: { ...answers, 'a.example.com': onlyIPv4('10.0.0.9') } })
    expect(decisions(plan)).toEqual({ '10.0.0.1': 'ready', '10.0.0.9': 'ready' })
  })

  test('a host removed from the config takes its addresses with it', () => {
    const two = declaredService({ targets: [host('a.example.com'), host('b.example.com')] })
    const before = after(two, { answers: { 'a.example.com': onlyIPv4('10.0.0.1'), 'b.example.com': onlyIPv4('10.0.0.2') } })
    const plan = planOf(declaredService({ targets: [host('b.example.com')] }), before, { answers: { 'b.example.com': onlyIPv4('10.0.0.2') } })
    expect(decisions(plan)).toEqual({ '10.0.0.1': 'out', '10.0.0.2': 'ready' })
    expect(plan.addresses.find(({ published }) => published === 'out')?.reason).toBe('no longer declared in shop/db')
  })

  test('a sinkhole answer (0.0.0.0) counts as unknown, says so, and what is published stays', () => {
    const refused = { '0.0.0.0': 'unspecified address' }
    const before = after(db, { answers: { 'db.example.com': onlyIPv4('10.0.0.1') } })
    const plan = planOf(db, before, { answers: { 'db.example.com': onlyIPv4('0.0.0.0') }, refused })
    expect(plan.status).toBe('kept')
    expect(decisions(plan)).toEqual({ '10.0.0.1': 'ready', '0.0.0.0': 'out' })
    expect(plan.messages.join()).toContain('nothing publishable in the answer')
  })

  test('refused addresses are dropped one by one, each with its reason', () => {
    const plan = planOf(db, nothingThere, {
      answers: { 'db.example.com': onlyIPv4('10.0.0.1', '169.254.169.254', '10.96.0.1') },
      refused: { '169.254.169.254': 'link-local address', '10.96.0.1': 'Service range of the cluster' },
    })
    expect(plan.status).toBe('done')
    expect(plan.addresses.map(({ address: text, published, reason }) => [text, published, reason])).toEqual([
      ['10.0.0.1', 'ready', 'connected'],
      ['169.254.169.254', 'out', 'link-local address'],
      ['10.96.0.1', 'out', 'Service range of the cluster'],
    ])
  })

  test('a declared address that is refused is dropped and the others stay', () => {
    const two = declaredService({ targets: [address('10.0.0.1'), address('127.0.0.1')] })
    expect(decisions(planOf(two, nothingThere, { refused: { '127.0.0.1': 'loopback address' } }))).toEqual({ '10.0.0.1': 'ready', '127.0.0.1': 'out' })
  })
})

describe('absent', () => {
  const dual = { families: ['IPv4', 'IPv6'] } as const
  const before = after(db, { ...dual, answers: { 'db.example.com': { IPv4: found('10.0.0.1'), IPv6: found('2001:db8::1') } } })

  test('in one record type while the other is found: no members of that family', () => {
    const plan = planOf(db, before, { ...dual, answers: { 'db.example.com': { IPv4: found('10.0.0.1'), IPv6: absent } } })
    expect(plan.status).toBe('done')
    expect(decisions(plan)).toEqual({ '10.0.0.1': 'ready', '2001:db8::1': 'out' })
  })

  test('in one record type while the other is unknown: kept', () => {
    const plan = planOf(db, before, { ...dual, answers: { 'db.example.com': { IPv4: absent, IPv6: unknown } } })
    expect(plan.status).toBe('kept')
    expect(decisions(plan)).toEqual({ '10.0.0.1': 'ready', '2001:db8::1': 'ready' })
  })

  test('in one record type while the other answers like a sinkhole: kept', () => {
    const plan = planOf(db, before, { ...dual, answers: { 'db.example.com': { IPv4: absent, IPv6: found('::') } }, refused: { '::': 'unspecified address' } })
    expect(plan.status).toBe('kept')
    expect(decisions(plan)).toMatchObject({ '10.0.0.1': 'ready', '2001:db8::1': 'ready' })
  })

  test('in all types: kept, and the way out is named', () => {
    const plan = planOf(db, before, { ...dual, answers: { 'db.example.com': { IPv4: absent, IPv6: absent } } })
    expect(plan.status).toBe('kept')
    expect(decisions(plan)).toEqual({ '10.0.0.1': 'ready', '2001:db8::1': 'ready' })
    expect(plan.messages.join()).toContain('--accept-absent')
  })

  test('in all types with --accept-absent: its addresses leave', () => {
    const plan = planOf(db, before, { ...dual, acceptAbsent: true, answers: { 'db.example.com': { IPv4: absent, IPv6: absent } } })
    expect(plan.status).toBe('done')
    expect(decisions(plan)).toEqual({ '10.0.0.1': 'out', '2001:db8::1': 'out' })
  })

  test('--accept-absent accepts nothing while one type is unknown', () => {
    const plan = planOf(db, before, { ...dual, acceptAbsent: true, answers: { 'db.example.com': { IPv4: absent, IPv6: unknown } } })
    expect(plan.status).toBe('kept')
    expect(decisions(plan)).toEqual({ '10.0.0.1': 'ready', '2001:db8::1': 'ready' })
  })

  test('of the only type that is asked for counts as absent in all', () => {
    const v4 = declaredService({ targets: [host('db.example.com', { families: ['IPv4'] })] })
    expect(planOf(v4, nothingThere, { answers: { 'db.example.com': { IPv4: absent } } }).messages.join()).toContain('--accept-absent')
  })
})

describe('unknown, known before', () => {
  const before = after(db, { answers: { 'db.example.com': onlyIPv4('10.0.0.1', '10.0.0.2') } })

  test('its published addresses stay', () => {
    const plan = planOf(db, before, { answers: { 'db.example.com': { IPv4: unknown, IPv6: unknown } } })
    expect(plan.status).toBe('kept')
    expect(decisions(plan)).toEqual({ '10.0.0.1': 'ready', '10.0.0.2': 'ready' })
  })

  test('a host that was not asked at all is unknown', () => {
    expect(decisions(planOf(db, before, {}))).toEqual({ '10.0.0.1': 'ready', '10.0.0.2': 'ready' })
  })

  test('staleSince is noted once and not written again', () => {
    const stale: Answers = { 'db.example.com': { IPv4: unknown, IPv6: absent } }
    const first = planOf(db, before, { answers: stale, now: '2026-11-22T10:00:00.000Z' })
    expect(first.changes.map(({ verb }) => verb)).toEqual(['update'])
    const noted = after(db, { answers: stale, now: '2026-11-22T10:00:00.000Z' }, before)
    const second = planOf(db, noted, { answers: stale, now: '2026-11-22T11:00:00.000Z' })
    expect(second.changes).toEqual([])
    expect(second.messages.join()).toContain('since 2026-11-22T10:00:00.000Z')
  })

  test('staleSince goes with the next answer', () => {
    const noted = after(db, { answers: { 'db.example.com': { IPv4: unknown, IPv6: absent } } }, before)
    const again = after(db, { answers: { 'db.example.com': onlyIPv4('10.0.0.1', '10.0.0.2') } }, noted)
    expect(JSON.stringify(again.slices)).not.toContain('staleSince')
  })

  test('the addresses of another host that was answered still come and go', () => {
    const two = declaredService({ targets: [host('db.example.com'), host('eu.example.com')] })
    const both = after(two, { answers: { 'db.example.com': onlyIPv4('10.0.0.1'), 'eu.example.com': onlyIPv4('10.0.1.1') } })
    const plan = planOf(two, both, { answers: { 'db.example.com': { IPv4: unknown, IPv6: absent }, 'eu.example.com': onlyIPv4('10.0.1.2') } })
    expect(decisions(plan)).toEqual({ '10.0.0.1': 'ready', '10.0.1.1': 'out', '10.0.1.2': 'ready' })
  })

  test('it stays under a new port number, as the config says it now', () => {
    const moved = declaredService({ targets: [host('db.example.com')], ports: [port('pg', 5432, 6432)] })
    expect(servedBy(after(moved, { answers: { 'db.example.com': { IPv4: unknown } } }, before))).toEqual(['10.0.0.1:6432', '10.0.0.2:6432'])
  })
})

describe('unknown, never known for this service', () => {
  const silent: Seen = { answers: { 'db.example.com': { IPv4: unknown, IPv6: unknown } } }

  test('a new Service is created without endpoints, so that its ClusterIP is stable from then on', () => {
    const plan = planOf(db, nothingThere, silent)
    expect(plan.status).toBe('kept')
    expect(plan.changes.map((change) => change.verb === 'create' && change.desired.kind)).toEqual(['Service', 'Endpoints'])
    expect(servedBy(after(db, silent))).toEqual([])
  })

  test('whatever the Service has stays until the first answer', () => {
    const old = declaredService({ targets: [host('old.example.com')] })
    const before = after(old, { answers: { 'old.example.com': onlyIPv4('10.0.0.7') } })
    const waiting = after(db, silent, before)
    expect(servedBy(waiting)).toEqual(['10.0.0.7:5432'])
    expect(servedBy(after(db, silent, waiting))).toEqual(['10.0.0.7:5432'])
    expect(servedBy(after(db, { answers: { 'db.example.com': onlyIPv4('10.0.0.8') } }, waiting))).toEqual(['10.0.0.8:5432'])
  })

  test('whosesoever: what a hand-made slice holds stays too', () => {
    const before = { ...nothingThere, slices: [{
      apiVersion: 'discovery.k8s.io/v1' as const, kind: 'EndpointSlice' as const, addressType: 'IPv4' as const,
      metadata: { name: 'by-hand', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'db' } },
      endpoints: [{ addresses: ['10.0.0.7'] }], ports: [{ name: 'pg', port: 5432, protocol: 'TCP' }],
    }] }
    expect(decisions(planOf({ ...db, adopt: true }, before, silent))).toEqual({ '10.0.0.7': 'ready' })
  })
})

describe('families', () => {
  test('an address of a family that the Service lacks is left out by name', () => {
    const plan = planOf(db, nothingThere, { answers: { 'db.example.com': { IPv4: found('10.0.0.1'), IPv6: found('2001:db8::1') } } })
    expect(plan.addresses.find(({ family }) => family === 'IPv6')).toMatchObject({ published: 'out', reason: 'Service has no IPv6' })
  })

  test('a service with no family in common with its addresses fails by name and keeps what serves', () => {
    const before = after(db, { answers: { 'db.example.com': onlyIPv4('10.0.0.1') } })
    const plan = planOf(db, before, { answers: { 'db.example.com': { IPv4: absent, IPv6: found('2001:db8::1') } } })
    expect(plan).toMatchObject({ status: 'failed', changes: [] })
    expect(plan.messages.join()).toContain('2001:db8::1')
  })

  test.each([['unknown', unknown], ['absent', absent]] as const)('a host of which only the missing family is asked for fails by name too when it is %s', (_, answer) => {
    const before = after(db, { answers: { 'db.example.com': onlyIPv4('10.0.0.1') } })
    const v6 = declaredService({ targets: [host('db.example.com', { families: ['IPv6'] })] })
    const plan = planOf(v6, before, { answers: { 'db.example.com': { IPv6: answer } } })
    expect(plan).toMatchObject({ status: 'failed', changes: [] })
    expect(plan.messages.join()).toContain('db.example.com')
  })

  test('why a family cannot be had is why the service fails', () => {
    expect(planOf(db, nothingThere, { families: 'not configured for dual-stack services' }))
      .toMatchObject({ status: 'failed', messages: ['not configured for dual-stack services'] })
  })
})
