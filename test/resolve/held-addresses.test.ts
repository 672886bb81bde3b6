import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Held, holdAddresses, retainedLonger, retentionEndsAt, withoutExpired } from '../../src/resolve/held-addresses.ts'
import { deepFreeze } from '../support/deep-freeze.ts'

const named = (address: string, firstSeenAt = 0): Held => ({ address, firstSeenAt, lastSeenAt: undefined })
const left = (address: string, lastSeenAt: number, firstSeenAt = 0): Held => ({ address, firstSeenAt, lastSeenAt })
const now = 1000
const bounds = { retainMs: 300, maxAddresses: 4 }

describe('holdAddresses()', () => {
  test.each<[string, readonly Held[], readonly string[], Partial<typeof bounds>, readonly Held[]]>([
    ['holds what the answer names, sorted', [], ['b', 'a'], {}, [named('a', now), named('b', now)]],
    ['remembers when each was seen first', [named('a')], ['a', 'b'], {}, [named('a'), named('b', now)]],
    ['retains what is no longer named, from now on', [named('a'), named('b')], ['b'], {}, [left('a', now), named('b')]],
    ['retains nothing without retention', [named('a'), named('b')], ['b'], { retainMs: 0 }, [named('b')]],
    ['goes on retaining what left before', [left('a', 800), named('b')], ['b'], {}, [left('a', 800), named('b')]],
    ['lets go at the end of the retention', [left('a', 700), named('b')], ['b'], {}, [named('b')]],
    ['takes back what is named again, as seen first long ago', [left('a', 800, 5), named('b')], ['a'], {}, [named('a', 5), left('b', now)]],
    ['keeps the longest seen of too many', [named('z', 1), named('y', 2)], ['a', 'b', 'y', 'z'], { maxAddresses: 3 }, [named('a', now), named('y', 2), named('z', 1)]],
    ['prefers a retained address to a newcomer', [named('x'), named('y'), named('z')], ['a', 'z'], { maxAddresses: 3 }, [left('x', now), left('y', now), named('z')]],
    ['leaves one place to the answer of a host that moved', [named('x'), named('y', 1), named('z', 2)], ['b', 'a'], { maxAddresses: 3 }, [named('a', now), left('x', now), left('y', now, 1)]],
    ['has the one address of the answer where one is all there may be', [named('x')], ['a'], { maxAddresses: 1 }, [named('a', now)]],
    ['takes what was there before the process for longest seen', [named('b', -Infinity), named('c', -Infinity)], ['a', 'b', 'c'], { maxAddresses: 2 }, [named('b', -Infinity), named('c', -Infinity)]],
  ])('%s', (...[, before, answer, changed, held]) => {
    expect(holdAddresses(deepFreeze([...before]), answer, now, { ...bounds, ...changed })).toEqual(held)
  })

  const addresses = fc.uniqueArray(fc.integer({ min: 0, max: 11 }).map((index) => `192.0.2.${index}`), { minLength: 1 })
  const rounds = fc.array(fc.record({ answer: addresses, ms: fc.nat(400) }), { minLength: 1 })
  const limits = fc.record({ retainMs: fc.constantFrom(0, 300, 5000), maxAddresses: fc.integer({ min: 1, max: 12 }) })

  test('is bounded, sorted, without repetition, and always has something of the answer and nothing that nobody named', () => {
    fc.assert(fc.property(rounds, limits, (all, limit) => {
      let held: readonly Held[] = []
      let at = 0
      const everNamed = new Set<string>()
      for (const { answer, ms } of all) {
        at += ms
        for (const address of answer) everNamed.add(address)
        held = holdAddresses(held, answer, at, limit)
        const texts = held.map(({ address }) => address)
        expect(texts).toEqual([...new Set(texts)].sort())
        expect(texts.length).toBeLessThanOrEqual(limit.maxAddresses)
        expect(texts.every((address) => everNamed.has(address))).toBe(true)
        const current = held.filter(({ lastSeenAt }) => lastSeenAt === undefined).map(({ address }) => address)
        expect(current.length).toBeGreaterThan(0)
        expect(current.every((address) => answer.includes(address))).toBe(true)
        for (const { lastSeenAt = at } of held) expect(at - lastSeenAt).toBeLessThan(Math.max(1, limit.retainMs))
      }
    }))
  })

  test('does not mind the order of an answer, and the same answer again changes nothing', () => {
    fc.assert(fc.property(rounds, addresses, limits, (all, answer, limit) => {
      const before = all.reduce<readonly Held[]>((held, round, index) => holdAddresses(held, round.answer, index * 100, limit), [])
      const at = all.length * 100
      const after = holdAddresses(before, answer, at, limit)
      expect(holdAddresses(before, [...answer].reverse(), at, limit)).toEqual(after)
      expect(holdAddresses(after, answer, at, limit)).toEqual(after)
    }))
  })
})

test('withoutExpired() and retentionEndsAt() agree on the moment', () => {
  fc.assert(fc.property(fc.array(fc.nat(1000)), fc.nat(500), (times, retainMs) => {
    const held = [named('named'), ...times.map((at, index) => left(`h${index}`, at))]
    const end = retentionEndsAt(held, retainMs)
    if (times.length === 0) expect(end).toBe(Infinity)
    else expect(withoutExpired(held, end, retainMs).length).toBeLessThan(held.length)
    expect(withoutExpired(held, Math.min(end, 2000) - 1, retainMs)).toEqual(held)
    expect(withoutExpired(held, 2000, retainMs)).toEqual([named('named')])
  }))
})

test('retainedLonger() moves what is retained and nothing else', () => {
  expect(retainedLonger([named('a', 1), left('b', 5, 2)], 10)).toEqual([named('a', 1), left('b', 15, 2)])
})
