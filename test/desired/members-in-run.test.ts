// RULES 2 as `run` keeps them: what an answer no longer names, silence that lasts, absence that is confirmed.

import { describe, expect, test } from '@jest/globals'
import { type Lasting } from '../../src/desired/answer-of.ts'
import { membersOf } from '../../src/desired/members.ts'
import { publishedNow } from '../../src/desired/published.ts'
import { type DeclaredService } from '../../src/model/declared.ts'
import { type CurrentService } from '../../src/model/objects.ts'
import { type Resolution } from '../../src/model/observed.ts'
import { address, declaredService, host } from '../support/declared-service.ts'
import { MemoryApi } from '../support/memory-api.ts'
import { absent, decisions, found, nothingThere, observed, onlyIPv4, planOf, servedBy, unknown, type Answers, type Seen } from '../support/one-service.ts'

const keep: Lasting = { whenStaleExpires: 'keep', maxStaleSeconds: 3600, retainSeconds: 0 }
const unready: Lasting = { ...keep, whenStaleExpires: 'unready' }
const remove: Lasting = { ...keep, whenStaleExpires: 'remove' }
const silent = { IPv4: unknown, IPv6: absent }
const gone = { IPv4: absent, IPv6: absent }
const atTen = '2026-11-22T10:00:00.000Z'
const atEleven = '2026-11-22T11:00:00.000Z'
const afterEleven = '2026-11-22T11:00:00.001Z'

const one = declaredService({ targets: [host('a.example.com')] })
const two = declaredService({ targets: [host('a.example.com'), host('b.example.com')] })
const answers: Answers = { 'a.example.com': onlyIPv4('10.0.0.1', '10.0.0.2'), 'b.example.com': onlyIPv4('10.0.1.1') }

/** The service after passes that saw these worlds, one after the other. */
function after(declared: DeclaredService, ...worlds: readonly Seen[]): CurrentService {
  const api = new MemoryApi(['IPv4', 'IPv6'])
  for (const seen of worlds) {
    expect(api.write(planOf(declared, api.current('shop', 'db'), { families: ['IPv4', 'IPv6'], ...seen }).changes).failure).toBeUndefined()
  }
  return api.current('shop', 'db')
}

function changesAt(declared: DeclaredService, current: CurrentService, seen: Seen): number | undefined {
  return membersOf({ ...observed(declared, seen), service: declared, families: ['IPv4'], published: publishedNow(current), acceptAbsent: false }).changesAt
}

describe('an address that the answer no longer names', () => {
  const retained = (seconds: number, ...addresses: string[]): Resolution =>
    ({ outcome: 'found', addresses: ['10.0.0.1'], expiresAt: 60_000, retained: addresses.map((each) => ({ address: each, lastSeenAt: Date.parse(atTen) - seconds * 1000 })) })
  const seen = (resolution: Resolution, lasting?: Lasting): Seen => ({ answers: { 'a.example.com': { IPv4: resolution, IPv6: absent } }, now: atTen, ...(lasting !== undefined && { lasting }) })

  test('stays a member for retainSeconds, with its host and what it is', () => {
    const plan = planOf(one, nothingThere, seen(retained(59, '10.0.0.2'), { ...keep, retainSeconds: 60 }))
    expect(plan.status).toBe('done')
    expect(plan.addresses.map(({ address: text, hosts, published, reason }) => [text, hosts, published, reason])).toEqual([
      ['10.0.0.1', ['a.example.com'], 'ready', 'connected'],
      ['10.0.0.2', ['a.example.com'], 'ready', 'retained, last in the answer at 2026-11-22T09:59:01.000Z, connected'],
    ])
  })

  test('leaves when retainSeconds have passed', () => {
    const current = after(one, { answers })
    expect(decisions(planOf(one, current, seen(retained(60, '10.0.0.2'), { ...keep, retainSeconds: 60 })))).toEqual({ '10.0.0.1': 'ready', '10.0.0.2': 'out' })
  })

  test.each([[0, 'out'], [120, 'ready']] as const)('leaves by its target: retainSeconds %d there, 60 for all', (retainSeconds, expected) => {
    const own = declaredService({ targets: [host('a.example.com', { retainSeconds })] })
    const current = after(own, { answers })
    expect(decisions(planOf(own, current, seen(retained(retainSeconds === 0 ? 1 : 90, '10.0.0.2'), { ...keep, retainSeconds: 60 })))).toMatchObject({ '10.0.0.2': expected })
  })

  test('leaves at once in one shot', () => {
    const current = after(one, { answers })
    expect(decisions(planOf(one, current, seen(retained(1, '10.0.0.2'))))).toEqual({ '10.0.0.1': 'ready', '10.0.0.2': 'out' })
  })

  test('is probed like any other, and may be refused', () => {
    const failing = { ...seen(retained(1, '10.0.0.2', '10.0.0.3'), { ...keep, retainSeconds: 60 }), verdicts: { '10.0.0.2': 'unready' as const }, refused: { '10.0.0.3': 'denied' } }
    expect(decisions(planOf(one, nothingThere, failing))).toEqual({ '10.0.0.1': 'ready', '10.0.0.2': 'notReady', '10.0.0.3': 'out' })
  })

  test('says when its time is over', () => {
    const lasting = { ...keep, retainSeconds: 60 }
    expect(changesAt(one, nothingThere, seen(retained(20, '10.0.0.2'), lasting))).toBe(Date.parse(atTen) + 40_000)
    expect(changesAt(one, nothingThere, seen(retained(60, '10.0.0.2'), lasting))).toBeUndefined()
    const three = declaredService({ targets: [host('a.example.com', { retainSeconds: 50 }), host('a.example.com', { retainSeconds: 30, ports: { pg: 6432 } }), host('a.example.com', { ports: { pg: 7432 } })] })
    expect(changesAt(three, nothingThere, seen(retained(20, '10.0.0.2'), lasting))).toBe(Date.parse(atTen) + 10_000)
  })
})

describe('silence that lasts longer than maxStaleSeconds', () => {
  const stale = (declared: DeclaredService): CurrentService => after(declared, { answers, now: '2026-11-22T09:00:00.000Z' }, { answers: { ...answers, 'a.example.com': silent }, now: atTen })
  const late = (lasting: Lasting | undefined, changes: Seen = {}): Seen =>
    ({ answers: { ...answers, 'a.example.com': silent }, now: afterEleven, ...(lasting !== undefined && { lasting }), ...changes })

  test('not a ms earlier', () => {
    expect(decisions(planOf(two, stale(two), late(remove, { now: atEleven })))).toEqual({ '10.0.0.1': 'ready', '10.0.0.2': 'ready', '10.0.1.1': 'ready' })
    expect(changesAt(two, stale(two), late(remove, { now: atEleven }))).toBe(Date.parse(afterEleven))
    expect(changesAt(two, stale(two), late(remove))).toBeUndefined()
  })

  test('keep: its addresses stay, and it is said that it has expired', () => {
    const plan = planOf(two, stale(two), late(keep))
    expect(plan.status).toBe('kept')
    expect(decisions(plan)).toEqual({ '10.0.0.1': 'ready', '10.0.0.2': 'ready', '10.0.1.1': 'ready' })
    expect(plan.messages).toEqual(['a.example.com: A: unknown (timeout): keeps 2 addresses since 2026-11-22T10:00:00.000Z, longer than maxStaleSeconds (whenStaleExpires: keep)'])
  })

  test('one shot never expires anything', () => {
    expect(decisions(planOf(two, stale(two), late(undefined)))).toEqual({ '10.0.0.1': 'ready', '10.0.0.2': 'ready', '10.0.1.1': 'ready' })
  })

  test('unready: not ready whatever the check says, while another serves', () => {
    const plan = planOf(two, stale(two), late(unready))
    expect(plan.status).toBe('kept')
    expect(decisions(plan)).toEqual({ '10.0.0.1': 'notReady', '10.0.0.2': 'notReady', '10.0.1.1': 'ready' })
    expect(plan.addresses[0]?.reason).toBe('a.example.com: A: unknown (timeout) since 2026-11-22T10:00:00.000Z, connected')
  })

  test.each(['publishAll', 'publishNone'] as const)('unready: the last that can serve stays ready with %s', (whenAllUnready) => {
    const plan = planOf({ ...two, whenAllUnready }, stale(two), late(unready, { verdicts: { '10.0.1.1': 'unready', '10.0.0.2': 'unready' } }))
    expect(decisions(plan)).toEqual({ '10.0.0.1': 'ready', '10.0.0.2': 'notReady', '10.0.1.1': 'notReady' })
    expect(plan.messages.join()).toContain('Only targets whose host has not been known for too long can serve')
  })

  test('unready: the only host of the Service stays ready', () => {
    expect(decisions(planOf(one, stale(one), late(unready)))).toEqual({ '10.0.0.1': 'ready', '10.0.0.2': 'ready' })
  })

  test('remove: its addresses leave while another is ready', () => {
    const plan = planOf(two, stale(two), late(remove))
    expect(decisions(plan)).toEqual({ '10.0.0.1': 'out', '10.0.0.2': 'out', '10.0.1.1': 'ready' })
    expect(plan.addresses.find(({ published }) => published === 'out')?.reason).toBe('a.example.com: A: unknown (timeout) since 2026-11-22T10:00:00.000Z')
    expect(plan.messages).toEqual(['a.example.com: A: unknown (timeout): 2 addresses since 2026-11-22T10:00:00.000Z, longer than maxStaleSeconds (whenStaleExpires: remove)'])
  })

  test('remove: the last that can serve stay, and it is said loudly', () => {
    const plan = planOf(two, stale(two), late(remove, { verdicts: { '10.0.1.1': 'unready', '10.0.0.2': 'unready' } }))
    expect(plan.status).toBe('kept')
    expect(decisions(plan)).toEqual({ '10.0.0.1': 'ready', '10.0.0.2': 'out', '10.0.1.1': 'notReady' })
    expect(plan.messages).toContain('Keeps 1 address of a.example.com all the same: no other target of the Service is ready')
  })

  test('remove: the only host of the Service keeps all it has, ready or not', () => {
    const none = planOf({ ...one, whenAllUnready: 'publishNone' }, stale(one), late(remove, { verdicts: { '10.0.0.1': 'unready', '10.0.0.2': 'unready' } }))
    expect(decisions(none)).toEqual({ '10.0.0.1': 'notReady', '10.0.0.2': 'notReady' })
    expect(decisions(planOf(one, stale(one), late(remove)))).toEqual({ '10.0.0.1': 'ready', '10.0.0.2': 'ready' })
  })

  test('is not put off by another host that was never known', () => {
    const three = { ...two, targets: [...two.targets, host('new.example.com')] }
    const plan = planOf(three, stale(two), late(remove, { answers: { ...answers, 'a.example.com': silent, 'new.example.com': silent } }))
    expect(decisions(plan)).toEqual({ '10.0.0.1': 'out', '10.0.0.2': 'out', '10.0.1.1': 'ready' })
  })

  test('holds nothing against an address that another host names', () => {
    const shared = late(remove, { answers: { 'a.example.com': silent, 'b.example.com': onlyIPv4('10.0.0.2') } })
    const plan = planOf(two, stale(two), shared)
    expect(decisions(plan)).toMatchObject({ '10.0.0.1': 'out', '10.0.0.2': 'ready' })
    expect(plan.addresses.find(({ published }) => published === 'ready')?.hosts).toEqual(['b.example.com'])
    expect(decisions(planOf(two, stale(two), { ...shared, lasting: unready }))).toMatchObject({ '10.0.0.2': 'ready' })
  })

  test('counts from the first look-up: before it nothing expires, however old staleSince is', () => {
    expect(decisions(planOf(two, stale(two), late(remove, { answers: { 'b.example.com': onlyIPv4('10.0.1.1') } })))).toEqual({ '10.0.0.1': 'ready', '10.0.0.2': 'ready', '10.0.1.1': 'ready' })
  })

  test('is reckoned by record type: a long silence about the one does not end a short one about the other', () => {
    const dual = { 'b.example.com': onlyIPv4('10.0.1.1'), 'a.example.com': { IPv4: found('10.0.0.1'), IPv6: found('fd00:1::1') } }
    const half = { ...dual, 'a.example.com': { IPv4: found('10.0.0.1'), IPv6: unknown } }
    const none = { ...dual, 'a.example.com': { IPv4: unknown, IPv6: unknown } }
    const seen = (now: string, said: Answers): Seen => ({ families: ['IPv4', 'IPv6'], answers: said, now, lasting: unready })
    const current = after(two, seen('2026-11-22T09:00:00.000Z', dual), seen(atTen, half))
    const plan = planOf(two, current, seen(afterEleven, none))
    expect(decisions(plan)).toEqual({ '10.0.0.1': 'ready', 'fd00:1::1': 'notReady', '10.0.1.1': 'ready' })
    expect(plan.messages.join('\n')).toContain(`a.example.com: A: unknown (timeout): keeps 1 address since ${afterEleven}`)
  })

  test('a staleSince that is no time never expires', () => {
    const current = stale(two)
    const garbled = JSON.parse(JSON.stringify(current).replaceAll(atTen, 'yesterday')) as CurrentService
    expect(decisions(planOf(two, garbled, late(remove)))).toMatchObject({ '10.0.0.1': 'ready' })
    expect(changesAt(two, garbled, late(remove))).toBeUndefined()
  })

  test('a sinkhole is silence too', () => {
    const plan = planOf(two, stale(two), late(remove, { answers: { ...answers, 'a.example.com': onlyIPv4('0.0.0.0') }, refused: { '0.0.0.0': 'unspecified' } }))
    expect(decisions(plan)).toMatchObject({ '10.0.0.1': 'out', '10.0.1.1': 'ready' })
  })
})

describe('absence that is confirmed', () => {
  const seen = (changes: Seen = {}): Seen => ({ answers: { ...answers, 'a.example.com': gone }, lasting: keep, families: ['IPv4', 'IPv6'], ...changes })

  test('in all types: its addresses leave while another is ready, and it is said that the host is absent', () => {
    const plan = planOf(two, after(two, { answers }), seen())
    expect(plan.status).toBe('done')
    expect(decisions(plan)).toEqual({ '10.0.0.1': 'out', '10.0.0.2': 'out', '10.0.1.1': 'ready' })
    expect(plan.addresses.find(({ published }) => published === 'out')?.reason).toBe('a.example.com: A: absent (NODATA)')
    expect(plan.messages).toEqual(['a.example.com: A: absent (NODATA)', 'a.example.com: AAAA: absent (NODATA)'])
  })

  test('nothing of it is remembered then, and it goes on being said', () => {
    const current = after(two, { answers }, seen())
    expect(servedBy(current)).toEqual(['10.0.1.1:5432'])
    expect(JSON.stringify(current)).not.toContain('a.example.com')
    const plan = planOf(two, current, seen())
    expect(plan).toMatchObject({ status: 'done', changes: [] })
    expect(plan.messages.join()).toContain('a.example.com: A: absent (NODATA)')
  })

  test('the last ready target of a Service stays, and it is said loudly', () => {
    const plan = planOf(one, after(one, { answers }), seen())
    expect(plan.status).toBe('kept')
    expect(decisions(plan)).toEqual({ '10.0.0.1': 'ready', '10.0.0.2': 'ready' })
    expect(plan.messages).toContain('Keeps 2 addresses of a.example.com all the same: no other target of the Service is ready')
  })

  test('of a host whose other addresses fail, only the ready one stays', () => {
    expect(decisions(planOf(one, after(one, { answers }), seen({ verdicts: { '10.0.0.2': 'unready' } })))).toEqual({ '10.0.0.1': 'ready', '10.0.0.2': 'out' })
  })

  test('stays quietly: a second pass writes nothing, and knows since when', () => {
    const current = after(one, { answers }, seen({ now: atTen }))
    expect(planOf(one, current, seen({ now: atEleven })).changes).toEqual([])
    expect(JSON.stringify(current.slices)).toContain('staleSince')
  })

  test.each(['unprobed', 'unready'] as const)('a newcomer that is %s does not take its place', (verdict) => {
    const moved = declaredService({ targets: [host('a.example.com'), host('b.example.com')], whenAllUnready: 'publishNone' })
    const plan = planOf(moved, after(one, { answers: { ...answers, 'a.example.com': onlyIPv4('10.0.0.1') } }), seen({ verdicts: { '10.0.1.1': verdict } }))
    expect(decisions(plan)).toEqual({ '10.0.0.1': 'ready', '10.0.1.1': 'notReady' })
    expect(plan.messages.join()).toContain('a.example.com all the same')
  })

  test('it goes as soon as the newcomer is ready', () => {
    const waiting = after(two, { answers: { ...answers, 'b.example.com': silent } }, seen({ verdicts: { '10.0.1.1': 'unprobed' } }))
    expect(servedBy(waiting)).toEqual(['!10.0.1.1:5432', '10.0.0.1:5432', '10.0.0.2:5432'])
    expect(decisions(planOf(two, waiting, seen()))).toEqual({ '10.0.0.1': 'out', '10.0.0.2': 'out', '10.0.1.1': 'ready' })
  })

  test('a drained target does not take its place', () => {
    const drained = declaredService({ targets: [host('a.example.com'), host('b.example.com', { drain: true })] })
    expect(decisions(planOf(drained, after(drained, { answers }), seen()))).toEqual({ '10.0.0.1': 'ready', '10.0.0.2': 'ready', '10.0.1.1': 'notReady' })
  })

  test('of one type while the other is found: no members of this family', () => {
    const current = after(one, { answers: { 'a.example.com': { IPv4: found('10.0.0.1'), IPv6: found('2001:db8::1') } } })
    const plan = planOf(one, current, seen({ answers: { 'a.example.com': { IPv4: found('10.0.0.1'), IPv6: absent } } }))
    expect(plan).toMatchObject({ status: 'done', messages: [] })
    expect(decisions(plan)).toEqual({ '10.0.0.1': 'ready', '2001:db8::1': 'out' })
  })

  test('of one type while the other is unknown: kept', () => {
    const plan = planOf(two, after(two, { answers }), seen({ answers: { ...answers, 'a.example.com': { IPv4: absent, IPv6: unknown } } }))
    expect(plan.status).toBe('kept')
    expect(decisions(plan)).toMatchObject({ '10.0.0.1': 'ready', '10.0.0.2': 'ready' })
  })

  test('of the only type that the Service has: the last ready target stays although the other is found', () => {
    const current = after(two, { answers })
    const moved = seen({ families: ['IPv4'], answers: { ...answers, 'a.example.com': { IPv4: absent, IPv6: found('2001:db8::1') } } })
    expect(decisions(planOf(two, current, moved))).toMatchObject({ '10.0.0.1': 'out', '10.0.1.1': 'ready' })
    expect(decisions(planOf({ ...two, whenAllUnready: 'publishNone' }, current, { ...moved, verdicts: { '10.0.1.1': 'unready' } })))
      .toMatchObject({ '10.0.0.1': 'ready', '10.0.0.2': 'ready', '10.0.1.1': 'notReady' })
  })

  test('of a mistyped name takes nothing from a Service that serves what was declared before', () => {
    const mistyped = declaredService({ targets: [host('c.example.com')] })
    const current = after(one, { answers })
    const plan = planOf(mistyped, current, seen({ answers: { 'c.example.com': gone } }))
    expect(plan.status).toBe('kept')
    expect(decisions(plan)).toEqual({ '10.0.0.1': 'ready', '10.0.0.2': 'ready' })
    expect(plan.messages).toContain('Keeps 2 addresses of no declared host all the same: no other target of the Service is ready')
  })

  test('of a mistyped name beside a good one: what was declared before goes', () => {
    const other = declaredService({ targets: [host('c.example.com'), address('10.0.9.9')] })
    const plan = planOf(other, after(one, { answers }), seen({ answers: { 'c.example.com': gone } }))
    expect(plan.status).toBe('done')
    expect(decisions(plan)).toEqual({ '10.0.0.1': 'out', '10.0.0.2': 'out', '10.0.9.9': 'ready' })
  })

  test('of a new Service: it is created without endpoints, and is not done', () => {
    const plan = planOf(one, nothingThere, seen({ answers: { 'a.example.com': gone } }))
    expect(plan.status).toBe('kept')
    expect(plan.changes.map((change) => change.verb === 'create' && change.desired.kind)).toEqual(['Service', 'Endpoints'])
    expect(plan.messages).toEqual(['a.example.com: A: absent (NODATA)', 'a.example.com: AAAA: absent (NODATA)'])
  })

  test('refused comes before: a refused address goes even as the last', () => {
    expect(decisions(planOf(one, after(one, { answers: { 'a.example.com': onlyIPv4('10.0.0.1') } }), seen({ refused: { '10.0.0.1': 'denied' } })))).toEqual({ '10.0.0.1': 'out' })
  })

  test('paused comes first', () => {
    expect(planOf({ ...two, paused: true }, after(two, { answers }), seen())).toMatchObject({ status: 'paused', changes: [] })
  })

  test('comes before the own network in doubt: what is ready by standing verdicts is ready', () => {
    const current = after(two, { answers })
    const doubted = seen({ isInDoubt: true, verdicts: { '10.0.0.1': 'unready', '10.0.0.2': 'unready', '10.0.1.1': 'unready' } })
    expect(decisions(planOf(two, current, doubted))).toEqual({ '10.0.0.1': 'out', '10.0.0.2': 'out', '10.0.1.1': 'ready' })
  })

  test('panic that would publish others only beside it does not let it go', () => {
    const panicking = declaredService({ targets: two.targets, whenAllUnready: 'publishNone', panicThresholdPercent: 60 })
    const plan = planOf(panicking, after(panicking, { answers }), seen({ verdicts: { '10.0.0.2': 'unready', '10.0.1.1': 'unready' } }))
    expect(decisions(plan)).toMatchObject({ '10.0.0.1': 'ready', '10.0.1.1': 'ready' })
  })
})

describe('an absence that is not confirmed yet', () => {
  const unconfirmed: Resolution = { outcome: 'unknown', reason: 'absent (NODATA), 1 of 3', isUnconfirmed: true }
  const both = { families: ['IPv4', 'IPv6'], lasting: keep } as const

  test('is nothing to say of a type that a host never had, while the other is found', () => {
    const plan = planOf(one, nothingThere, { ...both, answers: { 'a.example.com': { IPv4: found('10.0.0.1'), IPv6: unconfirmed } } })
    expect(plan).toMatchObject({ status: 'done', messages: [] })
  })

  test.each<[string, Answers]>([
    ['nothing of the host is found', { 'a.example.com': { IPv4: unconfirmed, IPv6: unconfirmed } }],
    ['the other type is silent', { 'a.example.com': { IPv4: found('10.0.0.1'), IPv6: unknown } }],
  ])('is said where %s', (_, said) => {
    expect(planOf(one, nothingThere, { ...both, answers: said }).status).toBe('kept')
  })

  test('keeps what the host had of this type', () => {
    const current = after(one, { ...both, answers: { 'a.example.com': { IPv4: found('10.0.0.1'), IPv6: found('fd00::1') } } })
    const plan = planOf(one, current, { ...both, answers: { 'a.example.com': { IPv4: found('10.0.0.1'), IPv6: unconfirmed } } })
    expect(plan.status).toBe('kept')
    expect(decisions(plan)).toEqual({ '10.0.0.1': 'ready', 'fd00::1': 'ready' })
  })
})
