// What a look at a lease takes; what the API server says of leases is in test/cluster/kubernetes.

import { expect, test } from '@jest/globals'
import { type KubernetesClient } from '../../src/kubernetes/client.ts'
import { leaseHolder, type LeaseClock } from '../../src/kubernetes/lease-holder.ts'

const signal = new AbortController().signal
const noon = Date.parse('2026-11-23T12:00:00Z')

/** Each look finds the lease renewed at the next of these times; the last one stays. */
function clientOf(...renewTimes: readonly string[]): KubernetesClient {
  let looks = 0
  return {
    server: new URL('https://127.0.0.1'), namespace: 'shop', stream: () => Promise.reject(new Error('Not asked')), close: () => Promise.resolve(),
    call: () => {
      const renewTime = renewTimes[Math.min(looks, renewTimes.length - 1)] ?? ''
      looks += 1
      const lease = { metadata: { namespace: 'shop', name: 'lease', uid: 'u', resourceVersion: renewTime }, spec: { holderIdentity: 'pod-1', renewTime, leaseDurationSeconds: 15 } }
      return Promise.resolve({ items: [lease] })
    },
  }
}

/** A wall clock that jumps by so many ms at the first pause. */
function clockOf(start: number, jumpMs = 0): LeaseClock & { readonly paused: () => number } {
  let pausedMs = 0
  return {
    paused: () => pausedMs,
    now: () => start + pausedMs + (pausedMs > 0 ? jumpMs : 0),
    wait: (ms) => {
      pausedMs += ms
      return Promise.resolve()
    },
  }
}

test.each([['stays', 0], ['is put back by an hour', -3_600_000], ['is put on by an hour', 3_600_000]])('leaseHolder() watches a dead lease for its duration where our clock %s', async (_how, jumpMs) => {
  const clock = clockOf(noon, jumpMs)
  expect(await leaseHolder(clientOf('2026-11-23T10:00:00.000000Z'), 'shop', signal, clock)).toBeUndefined()
  expect(clock.paused()).toBe(15_000)
})

test('leaseHolder() finds who renews meanwhile, however wrong the times are', async () => {
  const clock = clockOf(noon, 3_600_000)
  expect(await leaseHolder(clientOf('2026-11-23T10:00:00.000000Z', '2026-11-23T10:00:00.000000Z', '2026-11-23T10:00:02.000000Z'), 'shop', signal, clock)).toBe('pod-1')
  expect(clock.paused()).toBe(4000)
})
