import { describe, expect, test } from '@jest/globals'
import { ClusterError } from '../../../src/kubernetes/cluster-error.ts'
import { afterWatch, type Ending } from '../../../src/kubernetes/follow/after-watch.ts'
import { lengthen, noStreak, pauseMs, type Streak } from '../../../src/kubernetes/follow/back-off.ts'

const lived = { livedMs: 60_000, isFromList: false }
const died = { livedMs: 100, isFromList: false }
const bad: Streak = { failures: 6, isAnswered: true }
const refused = (status: number, retryAfterMs?: number): Ending => ({ kind: 'failed', failure: failure(status, retryAfterMs) })

function failure(status: number | undefined, retryAfterMs?: number, reason = ''): ClusterError {
  return new ClusterError('Away', { reason, retryable: true, retryAfterMs, ...(status !== undefined && { status }) })
}

describe('afterWatch', () => {
  test.each<[string, Ending, typeof lived, { isListNeeded: boolean; pauseMs: number; failures: number }]>([
    ['goes on at once after one that ended in order', { kind: 'ended' }, lived, { isListNeeded: false, pauseMs: 0, failures: 0 }],
    ['pauses after one that ended as soon as it began', { kind: 'ended' }, died, { isListNeeded: false, pauseMs: 12_800, failures: 7 }],
    ['lists after silence', { kind: 'silent' }, lived, { isListNeeded: true, pauseMs: 0, failures: 0 }],
    ['counts one that never said a word', { kind: 'silent' }, { livedMs: 90_000, isFromList: true }, { isListNeeded: true, pauseMs: 0, failures: 7 }],
    ['forgets no failures after one that never said a word and that we ended', { kind: 'interrupted' }, { livedMs: 60_000, isFromList: true }, { isListNeeded: false, pauseMs: 0, failures: 6 }],
    ['lists at once after 410', refused(410), died, { isListNeeded: true, pauseMs: 0, failures: 0 }],
    ['pauses where 410 follows on a list', refused(410), { livedMs: 0, isFromList: true }, { isListNeeded: true, pauseMs: 12_800, failures: 7 }],
    ['goes on after 429', refused(429), died, { isListNeeded: false, pauseMs: 12_800, failures: 7 }],
    ['goes on after 503', refused(503), died, { isListNeeded: false, pauseMs: 12_800, failures: 7 }],
    ['lists after 403', refused(403), died, { isListNeeded: true, pauseMs: 12_800, failures: 7 }],
    ['lists after 500, which a junk version is answered with', refused(500), died, { isListNeeded: true, pauseMs: 12_800, failures: 7 }],
    ['waits as long as the server asks for', refused(429, 7000), died, { isListNeeded: false, pauseMs: 7000, failures: 7 }],
    ['begins to count anew after one that lived', refused(503), lived, { isListNeeded: false, pauseMs: 200, failures: 1 }],
    ['goes on after one that we ended', { kind: 'interrupted' }, died, { isListNeeded: false, pauseMs: 0, failures: 6 }],
    ['forgets failures after one that lived and that we ended', { kind: 'interrupted' }, lived, { isListNeeded: false, pauseMs: 0, failures: 0 }],
  ])('%s', (_what, ending, watched, expected) => {
    const { isListNeeded, pauseMs: pause, streak } = afterWatch(ending, watched, bad, 0)
    expect({ isListNeeded, pauseMs: pause, failures: streak.failures }).toEqual(expected)
  })

  test('goes on after a broken connection, and counts anew: it is another sort of failure', () => {
    const { isListNeeded, pauseMs: pause, streak } = afterWatch({ kind: 'failed', failure: failure(undefined, undefined, 'ECONNRESET') }, died, bad, 0)
    expect([isListNeeded, pause, streak]).toEqual([false, 200, { failures: 1, isAnswered: false }])
  })

  test('lists after what cannot be read', () => {
    const { isListNeeded, streak } = afterWatch({ kind: 'failed', failure: failure(undefined, undefined, 'Garbled') }, died, bad, 0)
    expect([isListNeeded, streak.failures]).toEqual([true, 7])
  })
})

describe('pauseMs', () => {
  const pauses = (by: ClusterError, random: number): number[] => {
    let streak = noStreak
    return Array.from({ length: 10 }, () => {
      streak = lengthen(streak, by)
      return pauseMs(streak, by, random)
    })
  }

  test('doubles from 200 ms up to 30 s', () => {
    expect(pauses(failure(503), 0)).toEqual([200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000])
  })

  test('doubles up to 5 s where nobody answers', () => {
    expect(pauses(failure(undefined, undefined, 'ECONNREFUSED'), 0)).toEqual([200, 400, 800, 1600, 3200, 5000, 5000, 5000, 5000, 5000])
  })

  test('takes off up to half by chance, and adds some to what the server asks for', () => {
    expect(pauses(failure(503), 1).slice(0, 3)).toEqual([100, 200, 400])
    expect(pauses(failure(503, 1000), 1).slice(0, 2)).toEqual([1200, 1200])
  })

  test('waits five minutes at most, whatever the server asks for', () => {
    expect(pauseMs(noStreak, failure(429, 86_400_000), 0)).toBe(300_000)
  })
})
