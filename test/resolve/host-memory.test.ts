import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Resolution } from '../../src/model/observed.ts'
import { believed, type HostMemory, isSameBelief, nothingKnown, remember, retentionEndsAt, type Terms, withoutUnretained } from '../../src/resolve/host-memory.ts'
import { type Ending } from '../../src/resolve/look-up.ts'

const terms: Terms = { minTTLSeconds: 5, maxTTLSeconds: 3600, absentConfirmations: 3, retainMs: 0, maxAddresses: 1000, published: [] }
const retaining: Terms = { ...terms, retainMs: 300_000 }
const found = (...addresses: readonly string[]): Ending => ({ kind: 'found', addresses, ttl: 60 })
const nxdomain = (ttl = 300): Ending => ({ kind: 'absent', reason: 'NXDOMAIN', ttl })
const failed = (reason = 'timeout'): Ending => ({ kind: 'failure', reason })
const [a, b, c] = ['192.0.2.1', '192.0.2.2', '192.0.2.3'] as const

/** What came when, in seconds, and the memory after it. */
type Script = readonly (readonly [number, Ending])[]
const after = (script: Script, by = terms): HostMemory => script.reduce((memory, [at, ending]) => remember(memory, ending, at * 1000, by), nothingKnown)
/** What is believed, with times in seconds. */
const belief = (script: Script, by = terms): Resolution | undefined => believed(after(script, by), (moment) => moment / 1000)
const isFound = (expiresAt: number, addresses: readonly string[], retained: Readonly<Record<string, number>> = {}): Resolution => ({
  outcome: 'found', addresses, expiresAt,
  ...(Object.keys(retained).length > 0 && { retained: Object.entries(retained).map(([address, lastSeenAt]) => ({ address, lastSeenAt })) }),
})
const unknown = (reason: string): Resolution => ({ outcome: 'unknown', reason })
const unconfirmed = (reason: string): Resolution => ({ outcome: 'unknown', reason, isUnconfirmed: true })
const absent = (expiresAt: number): Resolution => ({ outcome: 'absent', reason: 'NXDOMAIN', expiresAt })

describe('believed()', () => {
  test.each<[string, Script, Partial<Terms>, Resolution | undefined]>([
    ['knows nothing before the first answer', [], {}, undefined],
    ['believes what was found', [[10, found(a, b)]], {}, isFound(70, [a, b])],
    ['believes the newest answer', [[0, found(a, b)], [60, found(b, c)]], {}, isFound(120, [b, c])],
    ['clamps a TTL of 0', [[0, { ...found(a), ttl: 0 } as Ending]], {}, isFound(5, [a])],
    ['clamps a TTL of 2^32-1', [[0, { ...found(a), ttl: 0xffff_ffff } as Ending]], {}, isFound(3600, [a])],
    ['does not know after a failure', [[0, found(a)], [60, failed()]], {}, unknown('timeout')],
    ['does not know where the first look-up fails', [[0, failed('SERVFAIL')]], {}, unknown('SERVFAIL')],
    ['believes no absence at once', [[0, found(a)], [60, nxdomain()]], {}, unconfirmed('absent (NXDOMAIN), 1 of 3')],
    ['believes no first absence at once', [[0, nxdomain()]], {}, unconfirmed('absent (NXDOMAIN), 1 of 3')],
    ['counts absences', [[0, nxdomain()], [5, nxdomain()]], {}, unconfirmed('absent (NXDOMAIN), 2 of 3')],
    ['believes an absence that is confirmed', [[0, nxdomain()], [5, nxdomain()], [10, nxdomain()]], {}, absent(310)],
    ['believes one absence where one is enough', [[0, nxdomain()]], { absentConfirmations: 1 }, absent(300)],
    ['goes on believing it', [[0, nxdomain()], [5, nxdomain()], [10, nxdomain()], [310, nxdomain()]], {}, absent(610)],
    ['counts the absence of either kind', [[0, nxdomain()], [5, { kind: 'absent', reason: 'NODATA', ttl: 300 }], [10, nxdomain()]], {}, absent(310)],
    ['counts a copy out of a cache once', [[0, nxdomain(300)], [5, nxdomain(295)], [10, nxdomain(290)], [15, nxdomain(286)]], {}, unconfirmed('absent (NXDOMAIN), 1 of 3')],
    ['counts what a cache fetched anew', [[0, nxdomain(10)], [5, nxdomain(5)], [10, nxdomain(10)], [15, nxdomain(5)], [20, nxdomain(10)]], {}, absent(30)],
    ['counts copies of two caches twice', [[0, nxdomain(300)], [5, nxdomain(320)], [10, nxdomain(290)], [15, nxdomain(310)], [20, nxdomain(280)]], {}, unconfirmed('absent (NXDOMAIN), 2 of 3')],
    ['counts absences that may not be cached', [[0, nxdomain(0)], [5, nxdomain(0)], [10, nxdomain(0)]], {}, absent(15)],
    ['counts absences that a cache may keep for a second', [[0, nxdomain(1)], [1, nxdomain(1)], [2, nxdomain(1)]], {}, absent(7)],
    ['counts those in a row', [[0, nxdomain()], [5, nxdomain()], [10, found(a)], [70, nxdomain()]], {}, unconfirmed('absent (NXDOMAIN), 1 of 3')],
    ['counts over failures, which are no answers', [[0, nxdomain()], [5, failed()], [6, nxdomain()], [11, failed()], [12, nxdomain()]], {}, absent(312)],
    ['does not know after a failure where it knew of an absence', [[0, nxdomain(0)], [5, nxdomain(0)], [10, nxdomain(0)], [15, failed()]], {}, unknown('timeout')],
    ['needs no second confirmation', [[0, nxdomain(0)], [5, nxdomain(0)], [10, nxdomain(0)], [15, failed()], [16, nxdomain(0)]], {}, absent(21)],
    ['retains what left', [[0, found(a, b)], [60, found(b)]], retaining, isFound(120, [b], { [a]: 60 })],
    ['has what comes back', [[0, found(a, b)], [60, found(b)], [120, found(a)]], retaining, isFound(180, [a], { [b]: 120 })],
    ['lets go when the retention ends', [[0, found(a, b)], [60, found(b)], [360, found(b)]], retaining, isFound(420, [b])],
    ['lets no retention run while DNS says nothing', [[0, found(a, b)], [60, found(b)], [120, failed()], [4000, failed()], [4120, found(b)]], retaining, isFound(4180, [b], { [a]: 4060 })],
    ['lets no retention run while an absence is not confirmed', [[0, found(a, b)], [60, found(b)], [120, nxdomain()], [4120, found(b)]], retaining, isFound(4180, [b], { [a]: 4060 })],
    ['counts as seen until recovery what was known before', [[0, found(a)], [60, failed()], [4000, found(b)]], retaining, isFound(4060, [b], { [a]: 4000 })],
    ['retains nothing beyond a confirmed absence', [[0, found(a)], [60, nxdomain(0)], [65, nxdomain(0)], [70, nxdomain(0)], [75, found(b)]], retaining, isFound(135, [b])],
    ['retains over an absence that was none', [[0, found(a)], [60, nxdomain()], [65, found(b)]], retaining, isFound(125, [b], { [a]: 65 })],
    ['takes what is published for seen until the first answer', [[9, found(b)]], { ...retaining, published: [a, b] }, isFound(69, [b], { [a]: 9 })],
    ['waits with that for an answer with addresses', [[9, failed()], [20, nxdomain()], [5000, found(b)]], { ...retaining, published: [a, b] }, isFound(5060, [b], { [a]: 5000 })],
    ['has nothing of what is published without retention', [[9, found(b)]], { published: [a] }, isFound(69, [b])],
    ['has what is published forget itself after the first answer', [[0, found(b)], [400, found(b)]], { ...retaining, published: [a] }, isFound(460, [b])],
    ['has no more than the most', [[0, found(b, c)], [60, found(a, c)]], { ...retaining, maxAddresses: 2 }, isFound(120, [c], { [b]: 60 })],
    ['prefers what is published to what is new', [[0, found(a, b, c)]], { published: [b, c], maxAddresses: 2 }, isFound(60, [b, c])],
  ])('%s', (_, script, by, resolution) => {
    expect(belief(script, { ...terms, ...by })).toEqual(resolution)
  })
})

describe('isSameBelief()', () => {
  const isSame = (before: Script, then: Script, by = terms): boolean => isSameBelief(after(before, by), after([...before, ...then], by))
  test.each<[string, Script, Script, boolean]>([
    ['the first answer is news', [], [[0, found(a)]], false],
    ['the first failure is news', [], [[0, failed()]], false],
    ['the first absence is news', [], [[0, nxdomain()]], false],
    ['the same addresses are none', [[0, found(a, b)]], [[60, found(b, a)]], true],
    ['another address is news', [[0, found(a)]], [[60, found(a, b)]], false],
    ['an outage is news', [[0, found(a)]], [[60, failed()]], false],
    ['the same outage is none', [[0, failed()]], [[1, failed()]], true],
    ['nor is another order of its reasons', [[0, failed('timeout, SERVFAIL')]], [[1, failed('SERVFAIL, timeout')]], true],
    ['another reason is news', [[0, failed()]], [[1, failed('SERVFAIL')]], false],
    ['a second absence is none', [[0, nxdomain()]], [[5, nxdomain()]], true],
    ['a confirmed one is news', [[0, nxdomain()]], [[5, nxdomain()], [10, nxdomain()]], false],
    ['an absence after an outage is news', [[0, failed()]], [[5, nxdomain()]], false],
    ['the end of an outage is news', [[0, found(a)], [60, failed()]], [[61, found(a)]], false],
  ])('%s', (_, before, then, same) => {
    expect(isSame(before, then)).toBe(same)
  })

  test('an address that is retained from now on is news, one that goes on being so is none', () => {
    expect(isSame([[0, found(a, b)]], [[60, found(b)]], retaining)).toBe(false)
    expect(isSame([[0, found(a, b)], [60, found(b)]], [[120, found(b)]], retaining)).toBe(true)
    expect(isSame([[0, found(a, b)], [60, found(b)]], [[120, found(a, b)]], retaining)).toBe(false)
  })
})

describe('withoutUnretained()', () => {
  const script: Script = [[0, found(a, b)], [60, found(b)]]
  test('takes away what is no longer retained, at the moment that retentionEndsAt() says', () => {
    const memory = after(script, retaining)
    expect(retentionEndsAt(memory, retaining)).toBe(360_000)
    expect(withoutUnretained(memory, 359_999, retaining)).toEqual(memory)
    const rest = withoutUnretained(memory, 360_000, retaining)
    expect(believed(rest, (moment) => moment / 1000)).toEqual(isFound(120, [b]))
    expect(retentionEndsAt(rest, retaining)).toBe(Infinity)
  })

  test('takes nothing away while DNS says nothing', () => {
    for (const ending of [failed(), nxdomain()]) {
      const memory = after([...script, [120, ending]], retaining)
      expect(retentionEndsAt(memory, retaining)).toBe(Infinity)
      expect(withoutUnretained(memory, 9_000_000, retaining)).toEqual(memory)
    }
  })
})

describe('remember()', () => {
  const ending: fc.Arbitrary<Ending> = fc.oneof(
    fc.record({ kind: fc.constant('found' as const), addresses: fc.uniqueArray(fc.constantFrom(a, b, c, '192.0.2.4'), { minLength: 1 }), ttl: fc.constantFrom(0, 30, 0xffff_ffff) }),
    fc.record({ kind: fc.constant('absent' as const), reason: fc.constantFrom('NXDOMAIN', 'NODATA'), ttl: fc.constantFrom(0, 30, 0xffff_ffff) }),
    fc.record({ kind: fc.constant('failure' as const), reason: fc.constantFrom('timeout', 'SERVFAIL') }),
  )
  const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 400 }), ending), { maxLength: 30 })
  const by = fc.record({ retainMs: fc.constantFrom(0, 300_000), maxAddresses: fc.integer({ min: 1, max: 4 }), absentConfirmations: fc.integer({ min: 1, max: 3 }) })
    .map((some) => ({ ...terms, ...some }))

  /** The memory after each step, and what was said until then, oldest first. */
  const stories = (all: readonly (readonly [number, Ending])[], some: Terms): readonly (readonly [HostMemory, number, readonly Ending[]])[] => {
    let [memory, at] = [nothingKnown, 0]
    return all.map(([seconds, said], index) => {
      at += seconds * 1000
      memory = remember(memory, said, at, some)
      return [memory, at, all.slice(0, index + 1).map(([, ending]) => ending)] as const
    })
  }
  const sinceLast = (kind: Ending['kind'], said: readonly Ending[]): readonly Ending[] => said.slice(said.findLastIndex((ending) => ending.kind === kind) + 1)

  test('believes no absence that was not said often enough since something was found', () => {
    fc.assert(fc.property(steps, by, (all, some) => {
      for (const [memory, , said] of stories(all, some)) {
        const absences = sinceLast('found', said).filter(({ kind }) => kind === 'absent').length
        if (believed(memory, Number)?.outcome === 'absent') expect(absences).toBeGreaterThanOrEqual(some.absentConfirmations)
      }
    }))
  })

  test('finds when something was found, at no other time, and no address that no answer named', () => {
    fc.assert(fc.property(steps, by, (all, some) => {
      for (const [memory, at, said] of stories(all, some)) {
        const resolution = believed(memory, Number)
        expect(resolution?.outcome === 'found').toBe(said.at(-1)?.kind === 'found')
        if (resolution?.outcome === 'found') expectWithin(resolution, at, said, some.maxAddresses)
      }
    }))
  })

  function expectWithin({ addresses, retained = [], expiresAt }: Resolution & { outcome: 'found' }, at: number, said: readonly Ending[], most: number): void {
    const everNamed = new Set(said.flatMap((ending) => ending.kind === 'found' ? ending.addresses : []))
    const all = [...addresses, ...retained.map(({ address }) => address)]
    expect(all.length).toBeLessThanOrEqual(most)
    expect(all.every((address) => everNamed.has(address))).toBe(true)
    expect(expiresAt - at).toBeGreaterThanOrEqual(5000)
    expect(expiresAt - at).toBeLessThanOrEqual(3_600_000)
  }

  test('counts the failures in a row', () => {
    fc.assert(fc.property(steps, by, (all, some) => {
      for (const [{ streak }, , said] of stories(all, some)) {
        const failures = said.length - 1 - said.findLastIndex(({ kind }) => kind !== 'failure')
        expect(Math.max(0, -streak)).toBe(failures)
      }
    }))
  })

  test('is not changed by an outage that ends with the answer before it', () => {
    const words = fc.array(fc.uniqueArray(fc.constantFrom(a, b, c), { minLength: 1 }), { minLength: 1, maxLength: 6 })
    fc.assert(fc.property(words, by, fc.array(fc.constantFrom(failed(), failed('SERVFAIL')), { minLength: 1 }), (answers, some, outage) => {
      const script: Script = answers.map((addresses, index) => [index * 60, found(...addresses)])
      const last = (answers.length - 1) * 60
      const failures: Script = outage.map((failure, index) => [last + 30 * (index + 1), failure])
      const again: readonly [number, Ending] = [last + 30 * (outage.length + 2), found(...(answers.at(-1) ?? []))]
      expect(isSameBelief(after([...script, ...failures, again], some), after(script, some))).toBe(true)
    }))
  })
})
