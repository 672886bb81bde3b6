import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from '@jest/globals'
import { kubernetesClient } from '../../src/kubernetes/client.ts'
import { eventSink } from '../../src/kubernetes/event-sink.ts'
import { forLease, standForElection } from '../../src/kubernetes/stand-for-election.ts'
import { type Happening } from '../../src/model/happenings.ts'
import { answerJSON, misbehavingServer, status } from './misbehaving-server.ts'

const signal = new AbortController().signal
const ends: (() => Promise<void>)[] = []

afterEach(async () => { for (const end of ends.splice(0)) await end() })

test('forLease gives renewals a way of their own, past a thousand writes that wait for theirs', async () => {
  let stored = 0
  await using server = await misbehavingServer((request, response) => {
    if (request.url?.includes('/leases') !== true) setTimeout(() => { answerJSON(response, 200, {}) }, 100)
    else if (request.method === 'GET') answerJSON(response, 404, status(404, 'NotFound', 'no lease'))
    else answerJSON(response, 200, { metadata: { resourceVersion: String(++stored) }, spec: { holderIdentity: 'one' } })
  })
  const { kubeconfig } = server
  const [writes, lease] = [kubernetesClient({ kubeconfig }), kubernetesClient({ kubeconfig, ...forLease })]
  ends.push(() => writes.close(), () => lease.close())
  const terms: AbortSignal[] = []
  const durations = { leaseMs: 3000, renewDeadlineMs: 2000, retryMs: 200 }
  const options = { client: lease, namespace: 'shop', name: 'lease', identity: 'one', tell: () => undefined, durations }
  let queued: Promise<unknown> = Promise.resolve()
  const leadership = await new Promise<ReturnType<ReturnType<typeof standForElection>>>((resolve) => {
    const self = standForElection(options)((leading) => {
      terms.push(leading)
      queued = Promise.all(Array.from({ length: 1000 }, () => writes.call({ method: 'POST', path: '/api/v1/services', body: {} }, signal)))
      resolve(self)
    })
    ends.unshift(() => self.stop())
  })
  const before = stored
  await queued
  expect(stored - before).toBeGreaterThan(3)
  expect([leadership.isLeading(), terms.map(({ aborted }) => aborted)]).toEqual([true, [false]])
})

test('an answer that is no lease is told, and ends nothing', async () => {
  let isDown = true
  let stored = 0
  await using server = await misbehavingServer((request, response) => {
    if (isDown) answerJSON(response, 200, { status: 'maintenance' })
    else if (request.method === 'GET') answerJSON(response, 404, status(404, 'NotFound', 'no lease'))
    else answerJSON(response, 200, { metadata: { resourceVersion: String(++stored) }, spec: { holderIdentity: 'one' } })
  })
  const client = kubernetesClient({ kubeconfig: server.kubeconfig, ...forLease })
  ends.push(() => client.close())
  const told: Happening[] = []
  const durations = { leaseMs: 1500, renewDeadlineMs: 1000, retryMs: 100 }
  await new Promise<void>((resolve) => {
    const leadership = standForElection({ client, namespace: 'shop', name: 'lease', identity: 'one', tell: (each) => { told.push(each) }, durations })(() => { resolve() })
    ends.unshift(() => leadership.stop())
    setTimeout(() => { isDown = false }, 300)
  })
  expect(told[0]).toEqual({ kind: 'trouble', where: 'lease', message: 'The answer is no lease, so this is no API server' })
})

test('forLease lets Events along that hang for ever, and renewals do not wait for them', async () => {
  let stored = 0
  await using server = await misbehavingServer((request, response) => {
    // Events often have an etcd of their own, and it fails on its own.
    if (request.url?.includes('/events') === true) return
    if (request.method === 'GET') answerJSON(response, 404, status(404, 'NotFound', 'no lease'))
    else answerJSON(response, 200, { metadata: { resourceVersion: String(++stored) }, spec: { holderIdentity: 'one' } })
  })
  const client = kubernetesClient({ kubeconfig: server.kubeconfig, ...forLease })
  ends.push(() => client.close())
  const terms: AbortSignal[] = []
  const durations = { leaseMs: 1500, renewDeadlineMs: 1000, retryMs: 100 }
  await new Promise<void>((resolve) => {
    const leadership = standForElection({ client, namespace: 'shop', name: 'lease', identity: 'one', tell: () => undefined, durations })((leading) => {
      terms.push(leading)
      resolve()
    })
    ends.unshift(() => leadership.stop())
  })
  const events = eventSink(client, { instance: 'shop', identity: 'one', isLeading: () => true, uidOf: () => 'uid', tell: () => undefined })
  ends.unshift(() => events.stop())
  for (let index = 0; index < 50; index += 1) events.tell({ kind: 'removed', namespace: 'shop', name: `db-${index}`, how: 'prune' })
  await sleep(2000)
  expect(server.requests.filter((each) => each.includes('/events')).length).toBeGreaterThan(0)
  expect(terms.map(({ aborted }) => aborted)).toEqual([false])
})
