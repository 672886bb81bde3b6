// RULES 3: who is ready, row by row, and which row comes first.

import { describe, expect, test } from '@jest/globals'
import { selectReady, type Candidate } from '../../src/desired/select-ready.ts'
import { type Verdict } from '../../src/model/observed.ts'
import { address, declaredService, host, noCheck, port } from '../support/declared-service.ts'
import { MemoryApi } from '../support/memory-api.ts'
import { decisions, found, nothingThere, onlyIPv4, planOf, type Seen } from '../support/one-service.ts'

const publishAll = { whenAllUnready: 'publishAll', panicThresholdPercent: 0 } as const
const publishNone = { whenAllUnready: 'publishNone', panicThresholdPercent: 0 } as const

/** `ready unready unprobed`, a `-` before a drained one, a `~` before one whose host has been silent for too long. */
function candidates(text: string): Candidate[] {
  return text.split(' ').map((word) => ({ verdict: word.replace(/^[-~]*/, '') as Verdict, drain: word.startsWith('-'), isExpired: word.includes('~') }))
}

describe('selectReady()', () => {
  test.each([
    ['a check that passes is ready', publishAll, 'ready ready', [true, true]],
    ['a check that fails is not', publishAll, 'ready unready', [true, false]],
    ['an unprobed newcomer waits while another is ready', publishAll, 'ready unprobed', [true, false]],
    ['an unprobed newcomer serves when none is ready', publishAll, 'unready unprobed', [false, true]],
    ['unprobed newcomers alone serve', publishNone, 'unprobed unprobed', [true, true]],
    ['all fail, publishAll', publishAll, 'unready unready', [true, true]],
    ['all fail, publishNone', publishNone, 'unready unready', [false, false]],
    ['a drained target is not ready', publishAll, '-ready ready', [false, true]],
    ['a drained target stays when it would be the last', publishNone, '-ready unready', [true, false]],
    ['a drained target stays when it is the only one', publishAll, '-ready', [true]],
    ['a drained target that fails does not come back for one that serves', publishAll, '-unready ready', [false, true]],
    ['all fail with publishAll: the drained ones stay out', publishAll, '-unready unready', [false, true]],
    ['drained or not, all fail, publishNone', publishNone, '-unready unready', [false, false]],
    ['a drained newcomer serves when nobody else can', publishNone, '-unprobed unready', [true, false]],
    ['a drained newcomer waits while another drained target is ready', publishNone, '-unprobed -ready', [false, true]],
    ['a newcomer serves rather than a drained target', publishAll, '-ready unprobed', [false, true]],
    ['nothing to choose from', publishAll, '', []],
  ] as const)('%s', (_, policy, text, ready) => {
    expect(selectReady(policy, text === '' ? [] : candidates(text)).ready).toEqual(ready)
  })

  test.each([
    ['exactly at the threshold is no panic', 50, 'ready unready', [true, false], false],
    ['below the threshold all are published', 51, 'ready unready', [true, true], true],
    ['0 turns panic off', 0, 'ready unready unready unready unready', [true, false, false, false, false], false],
    ['drain comes before panic, and counts for neither side', 60, '-ready ready unready', [false, true, true], true],
    ['of ten one', 20, 'ready unready unready unready unready unready unready unready unready unready', Array<boolean>(10).fill(true), true],
  ] as const)('panic: %s', (_, panicThresholdPercent, text, ready, isSaid) => {
    const selection = selectReady({ ...publishNone, panicThresholdPercent }, candidates(text))
    expect(selection.ready).toEqual(ready)
    expect(selection.message?.startsWith('Panic') ?? false).toBe(isSaid)
  })

  test.each([
    ['it is not ready whatever its check says', publishAll, '~ready ready', [false, true]],
    ['it stays when it would be the last, whatever whenAllUnready says', publishNone, '~ready ~unready unready', [true, false, false]],
    ['it stays until a newcomer is probed', publishNone, '~ready unprobed', [true, false]],
    ['it gives way to a newcomer where it fails', publishNone, '~unready unprobed', [false, true]],
    ['it serves rather than a drained target', publishAll, '-ready ~ready', [false, true]],
    ['a drained one serves rather than one that fails', publishAll, '-ready ~unready', [true, false]],
    ['drained too it is as drained', publishAll, '-~ready ~ready', [false, true]],
    ['one that was never probed serves when it is all there is', publishNone, '~unprobed', [true]],
    ['all fail, publishAll: it stays out', publishAll, '~unready unready', [false, true]],
    ['all fail, publishAll, and none is in service: the drained stay out', publishAll, '~unready -unready', [true, false]],
    ['all fail, publishNone', publishNone, '~unready ~unready', [false, false]],
    ['it counts for neither side of panic', { ...publishNone, panicThresholdPercent: 60 }, '~ready ~ready ready unready', [false, false, true, true]],
  ] as const)('a host that has been silent for too long: %s', (_, policy, text, ready) => {
    expect(selectReady(policy, candidates(text)).ready).toEqual(ready)
  })

  test('whenAllUnready comes after panic: with none ready it decides', () => {
    const selection = selectReady({ ...publishNone, panicThresholdPercent: 100 }, candidates('unready unready'))
    expect(selection.ready).toEqual([false, false])
  })

  test.each([[publishAll, 'unready unready'], [publishNone, 'unready'], [publishNone, '-ready unready'], [publishNone, '~ready unready']] as const)('%o of %s is said loudly', (policy, text) => {
    expect(selectReady(policy, candidates(text)).message).toBeDefined()
  })

  test('a quiet decision says nothing', () => {
    expect(selectReady(publishAll, candidates('ready unready unprobed')).message).toBeUndefined()
  })
})

describe('desire() decides in the order of RULES 3', () => {
  const two = declaredService({ targets: [address('10.0.0.1'), address('10.0.0.2')] })
  const stored = (changes = {}): MemoryApi => {
    const api = new MemoryApi()
    api.write(planOf(two, nothingThere, changes).changes)
    return api
  }

  test('a check of kind none passes, whatever was written', () => {
    const before = stored({ verdicts: { '10.0.0.1': 'unready' } }).current('shop', 'db')
    expect(decisions(planOf({ ...two, healthCheck: noCheck }, before, {}))).toEqual({ '10.0.0.1': 'ready', '10.0.0.2': 'ready' })
  })

  test.each(['UDP', 'SCTP'] as const)('%s alone is published ready without a probe', (protocol) => {
    const dns = declaredService({ ports: [{ ...port('dns', 53), protocol }], targets: [address('10.0.0.1')] })
    expect(planOf(dns, nothingThere, { verdicts: { '10.0.0.1': 'unready' } }).addresses).toMatchObject([{ published: 'ready', reason: 'no check' }])
  })

  test('--no-probe: verdicts that are written stay, newcomers are ready', () => {
    const before = stored({ verdicts: { '10.0.0.1': 'unready' } }).current('shop', 'db')
    const three = { ...two, targets: [...two.targets, address('10.0.0.3')] }
    expect(decisions(planOf(three, before, { isProbing: false }))).toEqual({ '10.0.0.1': 'notReady', '10.0.0.2': 'ready', '10.0.0.3': 'ready' })
  })

  test('own network in doubt comes before the check: verdicts stand as they were, said loudly', () => {
    const before = stored({ verdicts: { '10.0.0.1': 'unready' } }).current('shop', 'db')
    const plan = planOf({ ...two, whenAllUnready: 'publishNone' }, before, { isInDoubt: true, verdicts: { '10.0.0.1': 'unready', '10.0.0.2': 'unready' } })
    expect(decisions(plan)).toEqual({ '10.0.0.1': 'notReady', '10.0.0.2': 'ready' })
    expect(plan.status).toBe('kept')
    expect(plan.messages.join()).toContain('own network in doubt')
    expect(plan.changes).toEqual([])
  })

  test('drain comes before the network in doubt', () => {
    const before = stored().current('shop', 'db')
    const drained = { ...two, targets: [address('10.0.0.1', { drain: true }), address('10.0.0.2')] }
    expect(decisions(planOf(drained, before, { isInDoubt: true }))).toEqual({ '10.0.0.1': 'notReady', '10.0.0.2': 'ready' })
  })

  test('DNS membership comes before drain: a drained target that left DNS is out', () => {
    const drained = declaredService({ targets: [host('db.example.com', { drain: true }), address('10.0.0.2')] })
    const api = new MemoryApi()
    api.write(planOf(drained, nothingThere, { answers: { 'db.example.com': onlyIPv4('10.0.0.1') } }).changes)
    expect(decisions(planOf(drained, api.current('shop', 'db'), { answers: { 'db.example.com': onlyIPv4('10.0.0.9') } })))
      .toEqual({ '10.0.0.1': 'out', '10.0.0.2': 'ready', '10.0.0.9': 'notReady' })
  })

  test('a refused address comes before all else: it is out even as the last', () => {
    const last = declaredService({ targets: [address('10.0.0.1')] })
    expect(decisions(planOf(last, stored().current('shop', 'db'), { refused: { '10.0.0.1': 'inside the denied 10.0.0.0/8' } }))).toMatchObject({ '10.0.0.1': 'out' })
  })

  test('paused comes first: nothing of the Service is changed', () => {
    const before = stored().current('shop', 'db')
    expect(planOf({ ...two, paused: true, targets: [] }, before, {})).toMatchObject({ status: 'paused', changes: [] })
  })

  describe('a newcomer of a family whose every address is another now', () => {
    const dual = declaredService({ targets: [host('db.example.com')] })
    const answers = (four: string, six: string): Seen => ({ families: ['IPv4', 'IPv6'], answers: { 'db.example.com': { IPv4: found(four), IPv6: found(six) } } })
    const decided = (before: Readonly<Record<string, Verdict>>): ReturnType<typeof decisions> => {
      const api = new MemoryApi(['IPv4', 'IPv6'])
      api.write(planOf(dual, nothingThere, { ...answers('10.0.0.1', 'fd00:1::1'), verdicts: before }).changes)
      return decisions(planOf(dual, api.current('shop', 'db'), { ...answers('10.0.0.2', 'fd00:1::1'), verdicts: { '10.0.0.2': 'unprobed' } }))
    }

    test('serves where the family was served: its clients are not helped by the other', () => {
      expect(decided({})).toEqual({ '10.0.0.1': 'out', '10.0.0.2': 'ready', 'fd00:1::1': 'ready' })
    })

    test('waits where it was not: it may be out of reach, and its clients fall back', () => {
      expect(decided({ '10.0.0.1': 'unready' })).toEqual({ '10.0.0.1': 'out', '10.0.0.2': 'notReady', 'fd00:1::1': 'ready' })
    })
  })

  test('serving is the verdict of the check, ready is the decision', () => {
    const plan = planOf(two, nothingThere, { verdicts: { '10.0.0.1': 'unready', '10.0.0.2': 'unready' } })
    const slice = plan.changes.flatMap((change) => (change.verb === 'create' ? [change.desired] : [])).find(({ kind }) => kind === 'EndpointSlice')
    expect(slice).toMatchObject({ endpoints: [
      { addresses: ['10.0.0.1'], conditions: { ready: true, serving: false, terminating: false } },
      { addresses: ['10.0.0.2'], conditions: { ready: true, serving: false, terminating: false } },
    ] })
  })
})
