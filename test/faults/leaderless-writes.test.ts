import { describe, expect, test } from '@jest/globals'
import { type SentWrite } from './fault-proxy.ts'
import { leaderlessWrites } from './leaderless-writes.ts'

const write = (sender: string, sentAt: number, more: Partial<SentWrite> = {}): SentWrite => ({
  method: 'PUT', path: '/apis/discovery.k8s.io/v1/namespaces/x/endpointslices/db-ipv4-1', isWatch: false, isWrite: true, sender, sentAt, status: 200, ...more,
})
const lease = (sender: string, sentAt: number): SentWrite =>
  write(sender, sentAt, { path: '/apis/coordination.k8s.io/v1/namespaces/x/leases/l', holder: `${sender}1234`, answeredAt: sentAt + 10 })
const history = [{ version: 10, holder: 'a-1_1234', at: 0 }, { version: 20, holder: 'b-1_1234', at: 5000 }]

describe('leaderlessWrites()', () => {
  test('lets pass what was stored while its sender held the lease', () => {
    expect(leaderlessWrites([lease('a-1_', 0), write('a-1_', 100, { resourceVersion: '15' })], history)).toEqual([])
  })

  test('tells what was stored after another had taken it, by the order of the server', () => {
    const writes = [lease('a-1_', 0), lease('b-1_', 4000), write('a-1_', 100, { resourceVersion: '21' })]
    expect(leaderlessWrites(writes, history)).toEqual([expect.stringContaining('held by b-1_')])
  })

  test('tells what was not stored by the time at which the lease of another was', () => {
    const writes = [lease('a-1_', 0), lease('b-1_', 4000), write('a-1_', 4005, { status: 409 }), write('a-1_', 4020, { status: 409 })]
    expect(leaderlessWrites(writes, history)).toHaveLength(1)
  })

  test('tells what came after its lease had run out, whoever holds it', () => {
    const writes = [lease('a-1_', 0), write('a-1_', 14_999, { resourceVersion: '15' }), write('a-1_', 15_001, { resourceVersion: '16' })]
    expect(leaderlessWrites(writes, history)).toEqual([expect.stringContaining('expired 1 ms before')])
  })

  test('a process that was started anew is another one', () => {
    expect(leaderlessWrites([lease('a-1_', 0), write('a-2_', 100, { resourceVersion: '15' })], history)).toHaveLength(1)
  })

  test('leaves leases and Events out', () => {
    expect(leaderlessWrites([lease('b-1_', 0), write('b-1_', 1, { path: '/api/v1/namespaces/x/events', method: 'POST' })], history)).toEqual([])
  })
})
