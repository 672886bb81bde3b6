import { describe, expect, test } from '@jest/globals'
import {
  callWindowAt, decide, isLeadingAt, leaseDurations, nextTryAt, sighted, writeWindowAt, type LeaseDecision, type Sighting,
} from '../../src/kubernetes/lease-decision.ts'

const held = (holder: string, durationMs = 15_000, version = 'v1'): Sighting['record'] => ({ holder, durationMs, version })

describe('decide', () => {
  test.each<[string, Sighting['record'], number, LeaseDecision]>([
    ['acquires where there is no lease', undefined, 0, { act: 'acquire' }],
    ['acquires what was given back, at once', held('', 1000), 0, { act: 'acquire' }],
    ['renews its own, however old', held('us'), 99_000, { act: 'renew' }],
    ['waits for another', held('other'), 0, { act: 'wait', until: 16_000 }],
    ['waits for another to the last moment', held('other'), 14_999, { act: 'wait', until: 16_000 }],
    ['acquires from another that has not changed it for the whole duration', held('other'), 15_000, { act: 'acquire' }],
    ['waits for as long as the lease says', held('other', 30_000), 15_000, { act: 'wait', until: 31_000 }],
    ['waits no shorter than its own duration, whatever the lease says', held('other', 1000), 1000, { act: 'wait', until: 16_000 }],
    ['waits no shorter than its own duration where the lease says nothing', held('other', 0), 0, { act: 'wait', until: 16_000 }],
    ['waits a minute at most', held('other', 86_400_000), 60_000, { act: 'acquire' }],
  ])('%s', (_name, record, agoMs, expected) => {
    expect(decide({ record, since: 1000 }, 'us', 1000 + agoMs, leaseDurations)).toEqual(expected)
  })
})

describe('sighted', () => {
  test.each<[string, Sighting | undefined, Sighting['record'], number]>([
    ['begins with the first look, however old the lease is', undefined, held('other'), 500],
    ['goes on while nothing changes', { record: held('other'), since: 100 }, held('other'), 100],
    ['begins anew with every change', { record: held('other'), since: 100 }, held('other', 15_000, 'v2'), 500],
    ['begins anew when the lease goes', { record: held('other'), since: 100 }, undefined, 500],
    ['goes on while there is none', { record: undefined, since: 100 }, undefined, 100],
  ])('%s', (_name, before, record, since) => {
    expect(sighted(before, record, 500)).toEqual({ record, since })
  })
})

test.each([
  // now, leading, of a write, of a call about the lease; the renewal began at 1000
  [999, false, 0, 5000],
  [1000, true, 15_000, 5000],
  [5000, true, 11_000, 5000],
  [8000, true, 8000, 3000],
  [10_999, true, 5001, 1],
  [11_000, false, 0, 5000],
  [16_000, false, 0, 5000],
])('at %d isLeadingAt is %s, writeWindowAt %d, callWindowAt %d', (now, isLeading, writeMs, callMs) => {
  expect(isLeadingAt(1000, now, leaseDurations)).toBe(isLeading)
  expect(writeWindowAt(1000, now, leaseDurations)).toBe(writeMs)
  expect(callWindowAt(1000, now, leaseDurations)).toBe(callMs)
})

test('who never renewed is not leading', () => {
  expect([isLeadingAt(undefined, 0, leaseDurations), writeWindowAt(undefined, 0, leaseDurations)]).toEqual([false, 0])
})

describe('nextTryAt', () => {
  const wait = (until: number): LeaseDecision => ({ act: 'wait', until })
  test.each<[string, { renewedAt?: number; startedAt?: number; decision?: LeaseDecision; jitter?: number }, number, number]>([
    ['a leader comes a retry period after its last try began', { renewedAt: 1000, startedAt: 1000 }, 1100, 3000],
    ['a leader comes at once when the try took longer than that', { renewedAt: 1000, startedAt: 3000 }, 8000, 8000],
    ['a leader looks up at its deadline', { renewedAt: 1000, startedAt: 10_500 }, 10_600, 11_000],
    ['who led comes as a standby', { renewedAt: 1000, startedAt: 11_000 }, 11_000, 13_000],
    ['a standby comes a retry period later', { decision: wait(99_000) }, 1000, 3000],
    ['a standby comes up to a fifth later than that', { decision: wait(99_000), jitter: 1 }, 1000, 3400],
    ['a standby comes the moment that the lease runs out', { decision: wait(1500) }, 1000, 1500],
    ['a standby comes at once when it ran out meanwhile', { decision: wait(900) }, 1000, 1000],
    ['a standby that could not acquire comes a retry period later', { decision: { act: 'acquire' } }, 1000, 3000],
    ['who could not even look comes a retry period later', {}, 1000, 3000],
  ])('%s', (_name, { renewedAt, startedAt = 0, decision, jitter = 0 }, now, expected) => {
    expect(nextTryAt({ startedAt, renewedAt, decision, jitter }, now, leaseDurations)).toBe(expected)
  })
})
