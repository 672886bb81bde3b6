import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { eventBudget, eventLimits, type EventLimits, type Posting } from '../../src/kubernetes/event-budget.ts'
import { type EventNote } from '../../src/kubernetes/event-notes.ts'

const second = 1000
const minute = 60 * second

function note(message = 'down', name = 'db'): EventNote {
  return { about: { namespace: 'shop', name }, type: 'Warning', reason: 'EndpointUnready', message }
}

/** What comes of each note at its second: `new 1`, `x3 of 1`, or nothing. */
function postings(notes: readonly (readonly [atSeconds: number, note: EventNote])[], limits?: EventLimits): readonly string[] {
  const admit = eventBudget(limits)
  const text = (posting: Posting | undefined): string =>
    posting === undefined ? '' : posting.isNew ? `new ${posting.id}` : `x${posting.count} of ${posting.id}`
  return notes.map(([at, each]) => text(admit(each, at * second)))
}

describe('eventBudget', () => {
  test('says something new at once', () => {
    expect(postings([[0, note('a')], [0, note('b')], [0, { ...note('b'), reason: 'Other' }], [0, note('a', 'api')]])).toEqual(['new 1', 'new 2', 'new 3', 'new 4'])
  })

  test('counts what is said again within ten minutes, and brings it up to date every half a minute at most', () => {
    expect(postings([[0, note()], [10, note()], [29, note()], [30, note()], [45, note()], [61, note()], [600, note()]]))
      .toEqual(['new 1', '', '', 'x4 of 1', '', 'x6 of 1', 'x7 of 1'])
  })

  test('says it anew after ten minutes of silence', () => {
    expect(postings([[0, note()], [599, note()], [1198, note()], [1798, note()]])).toEqual(['new 1', 'x2 of 1', 'x3 of 1', 'new 2'])
  })

  test('tells since when', () => {
    const admit = eventBudget()
    admit(note(), 5000)
    expect(admit(note(), 50_000)).toEqual({ id: 1, isNew: false, count: 2, since: 5000 })
  })

  test('says 25 things of one object, then one in five minutes; others are not concerned', () => {
    const flood = Array.from({ length: 40 }, (_, index) => [0, note(`m${index}`)] as const)
    const said = postings([...flood, [0, note('x', 'api')], [299, note('late')], [300, note('late')], [301, note('later')], [3600, note('much later')]])
    expect(said.filter((each) => each.startsWith('new'))).toHaveLength(25 + 1 + 1 + 1)
    expect(said.slice(40)).toEqual(['new 26', '', 'new 27', '', 'new 28'])
  })

  test('counts in silence what may not be said', () => {
    const flood = Array.from({ length: 24 }, (_, index) => [0, note(`m${index}`)] as const)
    expect(postings([[0, note()], ...flood, [40, note()], [80, note()], [310, note()]]).slice(25)).toEqual(['', '', 'x4 of 1'])
  })

  test('says 100 things in all, then five a second', () => {
    const flood = Array.from({ length: 300 }, (_, index) => [0, note('down', `s${index}`)] as const)
    const after = Array.from({ length: 20 }, (_, index) => [1, note('down', `t${index}`)] as const)
    const said = postings([...flood, ...after])
    expect([said.slice(0, 300), said.slice(300)].map((some) => some.filter((each) => each !== '').length)).toEqual([100, 5])
  })

  test('saves nothing up in a long silence', () => {
    const flood = (at: number): (readonly [number, EventNote])[] => Array.from({ length: 40 }, (_, index) => [at, note(`${at} ${index}`)] as const)
    const said = postings([...flood(0), ...flood(1_000_000)])
    expect([said.slice(0, 40), said.slice(40)].map((some) => some.filter((each) => each !== '').length)).toEqual([25, 25])
  })

  test('takes no token of the object where the whole has none', () => {
    const limits = { ...eventLimits, perObject: { burst: 1, refillMs: 10 * minute }, overall: { burst: 1, refillMs: second } }
    expect(postings([[0, note('a', 'api')], [0, note('a')], [1, note('b')]], limits)).toEqual(['new 1', '', 'new 2'])
  })

  test('remembers the latest only', () => {
    const limits = { ...eventLimits, remembered: 2, updateEveryMs: 0 }
    expect(postings([[0, note('a')], [0, note('b')], [1, note('a')], [1, note('c')], [2, note('a')], [2, note('b')]], limits))
      .toEqual(['new 1', 'new 2', 'x2 of 1', 'new 3', 'x3 of 1', 'new 4'])
  })

  test('never says more of an object, nor in all, than its limits allow in any stretch of time', () => {
    const limits: EventLimits = { ...eventLimits, perObject: { burst: 3, refillMs: 5000 }, overall: { burst: 6, refillMs: 1000 }, updateEveryMs: 1000 }
    const arrivals = fc.array(fc.record({ afterMs: fc.nat(2000), name: fc.constantFrom('a', 'b', 'c'), message: fc.constantFrom('x', 'y') }), { maxLength: 80 })
    fc.assert(fc.property(arrivals, (each) => {
      const admit = eventBudget(limits)
      let now = 0
      const sent = each.flatMap(({ afterMs, name, message }) => {
        now += afterMs
        return admit(note(message, name), now) === undefined ? [] : [{ at: now, name }]
      })
      const most = (some: typeof sent, { burst, refillMs }: EventLimits['overall']): boolean => some.every(({ at: from }, first) =>
        some.slice(first).every(({ at }, index) => index + 1 <= burst + (at - from) / refillMs + 1e-6))
      expect(most(sent, limits.overall)).toBe(true)
      for (const name of ['a', 'b', 'c']) expect(most(sent.filter((one) => one.name === name), limits.perObject)).toBe(true)
    }))
  })
})
