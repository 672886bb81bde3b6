// Of a leader: what is not sent before its lease ends is never sent.

import { afterEach, describe, expect, test } from '@jest/globals'
import { type ClientOptions, type KubernetesClient, kubernetesClient } from '../../src/kubernetes/client.ts'
import { clusterTarget } from '../../src/kubernetes/cluster-target.ts'
import { type Change } from '../../src/model/changes.ts'
import { answerJSON, misbehavingServer } from './misbehaving-server.ts'

const signal = new AbortController().signal
const post = { method: 'POST', path: '/api/v1/namespaces/shop/services', body: {} } as const
const notLeading = { name: 'ClusterError', message: 'Not sent: no longer leading', reason: 'NotLeading', retryable: false }
const opened: KubernetesClient[] = []

afterEach(async () => { await Promise.all(opened.splice(0).map((client) => client.close())) })

function open(kubeconfig: string, options: ClientOptions = {}): KubernetesClient {
  const client = kubernetesClient({ kubeconfig, ...options })
  opened.push(client)
  return client
}

describe('kubernetesClient sends nothing outside of its window', () => {
  test('of a call that has waited for its turn until it closed', async () => {
    let leftMs = 5000
    await using server = await misbehavingServer((_request, response) => {
      leftMs = 0
      answerJSON(response, 200, {})
    })
    const client = open(server.kubeconfig, { connections: 1 })
    const [first, second] = await Promise.allSettled([1, 2].map(() => client.call({ ...post, windowMs: () => leftMs }, signal)))
    expect(first).toMatchObject({ status: 'fulfilled' })
    expect(second).toMatchObject({ status: 'rejected', reason: notLeading })
    expect(server.requests).toHaveLength(1)
  })

  test('of a second try', async () => {
    let leftMs = 5000
    await using server = await misbehavingServer((_request, response) => { answerJSON(response, 503, {}) })
    const wait = (): Promise<void> => {
      leftMs = 0
      return Promise.resolve()
    }
    await expect(open(server.kubeconfig, { pace: { wait } }).call({ ...post, windowMs: () => leftMs }, signal)).rejects.toMatchObject(notLeading)
    expect(server.requests).toHaveLength(1)
  })

  test('of a call whose connection stood only after it closed', async () => {
    await using server = await misbehavingServer((_request, response) => { answerJSON(response, 200, {}) })
    const windows = [5000, 0]
    await expect(open(server.kubeconfig).call({ ...post, windowMs: () => windows.shift() ?? 0 }, signal)).rejects.toMatchObject(notLeading)
    expect(server.connections()).toBe(1)
    expect(server.requests).toEqual([])
  })

  test('and gives up what is under way when it closes', async () => {
    await using server = await misbehavingServer(() => undefined)
    const call = open(server.kubeconfig, { pace: { tries: 1, timeoutMs: 60_000 } }).call({ ...post, windowMs: () => 100 }, signal)
    await expect(call).rejects.toMatchObject({ reason: 'Timeout' })
    expect(server.requests).toHaveLength(1)
  })

  test('but all that is within', async () => {
    await using server = await misbehavingServer((_request, response) => { answerJSON(response, 200, {}) })
    const client = open(server.kubeconfig)
    for (let count = 0; count < 3; count += 1) await client.call({ ...post, windowMs: () => 5000 }, signal)
    expect(server.requests).toHaveLength(3)
    expect(server.connections()).toBeLessThanOrEqual(2)
  })
})

test('clusterTarget answers what it had written when the window closed, and sends no more', async () => {
  let leftMs = 5000
  const object = { apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'shop', name: 'db', resourceVersion: '1' }, spec: {} } as const
  const update: Change = { verb: 'update', summary: [], current: object, desired: object }
  await using server = await misbehavingServer((_request, response) => {
    leftMs = 0
    answerJSON(response, 200, object)
  })
  const target = clusterTarget(open(server.kubeconfig), { writeWindowMs: () => leftMs })
  expect(await target.write([update, update], signal)).toEqual({ applied: [update], failure: { change: update, kind: 'failed', message: notLeading.message } })
  expect(server.requests).toHaveLength(1)
})
