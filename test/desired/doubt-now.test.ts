// The own network in doubt, as `run` has to tell it: failures come one by one, and so do recoveries.

import { describe, expect, test } from '@jest/globals'
import { doubtNow, noDoubt, type Doubt, type FailedService } from '../../src/desired/network-doubt.ts'

type Service = Pick<FailedService, 'addresses' | 'periodMs'> & Partial<FailedService>
type Event = readonly [seconds: number, what: 'fails' | 'recovers' | 'is looked at', key: string]

const services: Readonly<Record<string, Service>> = {
  a: { addresses: ['10.0.0.1'], periodMs: 10_000 },
  b: { addresses: ['10.0.0.2', '10.0.0.3'], periodMs: 10_000 },
  c: { addresses: ['10.0.0.4'], periodMs: 10_000 },
  likeA: { addresses: ['10.0.0.1'], periodMs: 10_000 },
  both: { addresses: ['10.0.0.1', '10.0.0.2'], periodMs: 10_000 },
  slow: { addresses: ['10.0.0.5'], periodMs: 60_000 },
  old: { addresses: ['10.0.0.6'], periodMs: 10_000, hasServed: false },
  none: { addresses: [], periodMs: 10_000 },
}

/** What is known after these events, of so many probed services. */
function after(probed: number, ...events: readonly Event[]): { readonly doubt: Doubt; readonly judged: readonly string[] } {
  const failed = new Map<string, FailedService>()
  let doubt = noDoubt
  for (const [seconds, what, key] of events) {
    if (what === 'recovers') failed.delete(key)
    if (what === 'fails') failed.set(key, { key, failedAt: seconds * 1000, hasServed: true, addresses: [], periodMs: 0, ...services[key] })
    doubt = doubtNow([...failed.values()], probed, doubt, seconds * 1000)
  }
  return { doubt, judged: [...failed.keys()].filter((key) => !doubt.inDoubt.has(key) && !doubt.pending.has(key)).sort() }
}

describe('doubtNow() judges', () => {
  test.each<[string, number, Event[], string[]]>([
    ['nobody before one of its periods has passed', 9, [[0, 'fails', 'a'], [9.999, 'is looked at', 'a']], []],
    ['when it has', 9, [[0, 'fails', 'a'], [10, 'is looked at', 'a']], ['a']],
    ['each by its own period', 9, [[0, 'fails', 'a'], [0, 'fails', 'likeA'], [10, 'is looked at', 'a']], ['a', 'likeA']],
    ['a slow one by its own', 9, [[0, 'fails', 'slow'], [59, 'is looked at', 'slow']], []],
    ['at once where it is the only probed service', 1, [[0, 'fails', 'a']], ['a']],
    ['at once where the others have the same address and have failed too', 2, [[0, 'fails', 'a'], [20, 'fails', 'likeA']], ['a', 'likeA']],
    ['at once where the others are down already', 2, [[0, 'fails', 'old'], [20, 'fails', 'a']], ['a', 'old']],
    ['one that never served, and one that is not probed', 9, [[0, 'fails', 'old'], [0, 'fails', 'none'], [0, 'fails', 'a']], ['none', 'old']],
    ['two that fail more than a period apart', 9, [[0, 'fails', 'a'], [10, 'is looked at', 'a'], [10.001, 'fails', 'b'], [21, 'is looked at', 'b']], ['a', 'b']],
    ['two with a common address', 9, [[0, 'fails', 'a'], [1, 'fails', 'both'], [11, 'is looked at', 'a']], ['a', 'both']],
    ['what failed before a doubt and was judged', 9, [[0, 'fails', 'a'], [10, 'is looked at', 'a'], [30, 'fails', 'b'], [31, 'fails', 'c']], ['a']],
    ['the second of three that fail a period apart each', 9, [[0, 'fails', 'a'], [11, 'fails', 'b'], [22, 'fails', 'c'], [33, 'is looked at', 'c']], ['a', 'b', 'c']],
    ['who failed in the future: the clock was put back', 9, [[3600, 'fails', 'a'], [3601, 'is looked at', 'a'], [0, 'is looked at', 'a']], ['a']],
  ])('%s', (_, probed, events, judged) => {
    expect(after(probed, ...events).judged).toEqual(judged)
  })
})

describe('doubtNow() doubts', () => {
  test.each<[string, Event[], string[]]>([
    ['two that fail within a period', [[0, 'fails', 'a'], [10, 'fails', 'b']], ['a', 'b']],
    ['two that fail within the longer of their periods', [[0, 'fails', 'a'], [50, 'fails', 'slow']], ['a', 'slow']],
    ['and the slower one first', [[0, 'fails', 'slow'], [50, 'fails', 'a']], ['a', 'slow']],
    ['also when nobody looked in time', [[0, 'fails', 'a'], [1, 'fails', 'b'], [500, 'is looked at', 'a']], ['a', 'b']],
    ['for as long as both fail', [[0, 'fails', 'a'], [1, 'fails', 'b'], [100_000, 'is looked at', 'a']], ['a', 'b']],
    ['what fails while it lasts', [[0, 'fails', 'a'], [1, 'fails', 'b'], [500, 'fails', 'c'], [1000, 'fails', 'likeA']], ['a', 'b', 'c', 'likeA']],
    ['what shares an address with each of the two', [[0, 'fails', 'both'], [1, 'fails', 'a'], [2, 'fails', 'b']], ['a', 'b', 'both']],
    ['what failed later, when those that began it are back', [[0, 'fails', 'a'], [1, 'fails', 'b'], [100, 'fails', 'c'], [200, 'fails', 'slow'], [300, 'recovers', 'a'], [300, 'recovers', 'b']], ['c', 'slow']],
    ['nobody when one alone is left', [[0, 'fails', 'a'], [1, 'fails', 'b'], [5, 'recovers', 'a']], []],
    ['nobody when those left have a common address', [[0, 'fails', 'a'], [1, 'fails', 'likeA'], [2, 'fails', 'b'], [5, 'recovers', 'b']], []],
    ['again who was about to be trusted: the network comes and goes', [[0, 'fails', 'a'], [1, 'fails', 'b'], [50, 'recovers', 'a'], [60, 'fails', 'a']], ['a', 'b']],
    ['not two judged ones when the clock is put back', [[3600, 'fails', 'a'], [3700, 'fails', 'b'], [3800, 'is looked at', 'a'], [0, 'is looked at', 'a']], []],
  ])('%s', (_, events, inDoubt) => {
    expect([...after(9, ...events).doubt.inDoubt].sort()).toEqual(inDoubt)
  })
})

describe('doubtNow() when the doubt is over', () => {
  const outage: readonly Event[] = [[0, 'fails', 'a'], [1, 'fails', 'b'], [100, 'recovers', 'a']]

  test('gives what still fails two periods, whoever looks meanwhile', () => {
    expect(after(9, ...outage).doubt.pending).toEqual(new Map([['b', 120_000]]))
    expect(after(9, ...outage, [115, 'fails', 'both'], [119.999, 'is looked at', 'b']).doubt)
      .toEqual({ inDoubt: new Set(), pending: new Map([['b', 120_000], ['both', 125_000]]) })
  })

  test('judges it then', () => {
    expect(after(9, ...outage, [120, 'is looked at', 'b']).judged).toEqual(['b'])
  })

  test('says when to ask again', () => {
    expect(after(9, [0, 'fails', 'a']).doubt.pending).toEqual(new Map([['a', 10_000]]))
    expect(after(9, [0, 'fails', 'a'], [10, 'is looked at', 'a']).doubt.pending).toEqual(new Map())
  })
})
