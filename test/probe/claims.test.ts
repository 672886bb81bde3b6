import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { probeKey, type ProbeTarget, type Verdict } from '../../src/model/observed.ts'
import { newClaims, type Wanted } from '../../src/probe/claims.ts'
import { tcpTarget } from './outside-world.ts'

const target = (port: number, periodSeconds = 10, transitionPeriodSeconds = 1): ProbeTarget =>
  tcpTarget({ address: '192.0.2.1', port }, { periodSeconds, transitionPeriodSeconds })
const wanted = (port: number, before: Verdict = 'unprobed', periodSeconds = 10, transitionPeriodSeconds = 1): Wanted =>
  ({ ...target(port, periodSeconds, transitionPeriodSeconds), before })
const nothing = { wanted: new Map(), remembered: new Map(), gone: [] }

describe('newClaims()', () => {
  test('says what is new to an owner, with what it remembers, and what nobody wants any more', () => {
    const { take, ownersOf } = newClaims()
    const [one, two] = [probeKey(target(1)), probeKey(target(2))]
    expect(take('a', [wanted(1, 'ready')])).toEqual({ wanted: new Map([[one, target(1)]]), remembered: new Map([[one, 'ready']]), gone: [] })
    expect(take('b', [wanted(1), wanted(2)])).toEqual({
      wanted: new Map([[one, target(1)], [two, target(2)]]), remembered: new Map([[one, 'unprobed'], [two, 'unprobed']]), gone: [],
    })
    expect(ownersOf(one)).toEqual(['a', 'b'])
    expect(take('b', [])).toMatchObject({ gone: [two] })
    expect(ownersOf(one)).toEqual(['a'])
    expect(take('a', [])).toEqual({ ...nothing, gone: [one] })
    expect(ownersOf(one)).toEqual([])
  })

  test('has nothing to say of what is as it was, whatever is remembered of it now', () => {
    const { take } = newClaims()
    take('a', [wanted(1, 'unprobed'), wanted(2)])
    expect(take('a', [wanted(2), wanted(1, 'ready')])).toEqual(nothing)
  })

  test('shares a target at the shortest of its owners\' periods', () => {
    const { take } = newClaims()
    const key = probeKey(target(1))
    const pace = (changes: ReturnType<typeof take>): ProbeTarget | undefined => changes.wanted.get(key)
    take('a', [wanted(1, 'ready', 10, 2)])
    expect(pace(take('b', [wanted(1, 'ready', 5, 3)]))).toEqual(target(1, 5, 2))
    expect(pace(take('a', [wanted(1, 'ready', 3, 1)]))).toEqual(target(1, 3, 1))
    expect(pace(take('a', []))).toEqual(target(1, 5, 3))
  })

  test('knows after any lists who wants what', () => {
    const lists = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.uniqueArray(fc.integer({ min: 1, max: 5 }))), { maxLength: 20 })
    fc.assert(fc.property(lists, (all) => {
      const { take, ownersOf } = newClaims()
      const probed = new Set<string>()
      for (const [owner, ports] of all) {
        const changes = take(owner, ports.map((port) => wanted(port)))
        for (const key of changes.wanted.keys()) probed.add(key)
        for (const key of changes.gone) probed.delete(key)
      }
      const last = new Map(all)
      for (const port of [1, 2, 3, 4, 5]) {
        const owners = [...last].filter(([, ports]) => ports.includes(port)).map(([owner]) => owner)
        expect([...ownersOf(probeKey(target(port)))].sort()).toEqual(owners.sort())
        expect(probed.has(probeKey(target(port)))).toBe(owners.length > 0)
      }
    }))
  })
})
