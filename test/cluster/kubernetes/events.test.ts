// Events on a real API server, as kubectl shows them.

import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { kubernetesClient, type KubernetesClient } from '../../../src/kubernetes/client.ts'
import { eventLimits } from '../../../src/kubernetes/event-budget.ts'
import { eventSink, type EventSink, type EventSinkOptions } from '../../../src/kubernetes/event-sink.ts'
import { type Happening } from '../../../src/model/happenings.ts'
import { cluster } from '../harness/cluster.ts'
import { describeCluster, describeClusterWith } from '../harness/describe-cluster.ts'
import { eventually } from '../harness/eventually.ts'
import { kubectl } from '../harness/kubectl.ts'
import { raw } from '../harness/raw.ts'
import { testNamespace } from '../harness/test-namespace.ts'
import { testUser } from '../harness/test-user.ts'
import { make, shippedRules } from '../sync/stage.ts'

let namespace: string
let uid: string
let told: Happening[]
let atEnd: (() => Promise<unknown>)[]

beforeEach(async () => {
  namespace = await testNamespace()
  const { metadata } = await make('Service', namespace, { metadata: { name: 'db' }, spec: { ports: [{ port: 5432 }] } })
  uid = metadata.uid ?? ''
  told = []
  atEnd = []
})

afterEach(async () => { for (const end of atEnd) await end() })

function clientOf(kubeconfig: string): KubernetesClient {
  const client = kubernetesClient({ kubeconfig })
  atEnd.push(() => client.close())
  return client
}

function open(options: Partial<EventSinkOptions> = {}, client: Pick<KubernetesClient, 'call'> = clientOf(cluster().kubeconfig)): EventSink {
  const sink = eventSink(client, {
    instance: namespace, identity: 'pod_1', isLeading: () => true, uidOf: () => uid, tell: (happening) => { told.push(happening) },
    limits: { ...eventLimits, updateEveryMs: 0 }, ...options,
  })
  atEnd.unshift(() => sink.stop())
  return sink
}

const down = (reason = 'ECONNREFUSED'): Happening => ({
  kind: 'address', namespace, name: 'db', before: 'ready',
  address: { address: '192.0.2.10', family: 'IPv4', ports: {}, hosts: ['db.example.org'], published: 'notReady', verdict: 'unready', reason },
})

interface Seen { readonly metadata: { readonly name: string }; readonly reason: string; readonly message: string; readonly count: number }

async function events(): Promise<readonly Seen[]> {
  return ((await raw('GET', `/api/v1/namespaces/${namespace}/events`)).body as { items: readonly Seen[] }).items
}

describeCluster('eventSink', () => {
  test('is heard at kubectl describe service', async () => {
    const sink = open()
    sink.tell(down())
    sink.tell({ kind: 'service', namespace, name: 'db', status: 'done', before: 'done', messages: ['Panic: 1 of 3 targets ready, below 50%: all are published as ready'] })
    await eventually(async () => {
      const text = await kubectl(['describe', 'service', '-n', namespace, 'db'])
      expect(text).toMatch(/Warning +EndpointUnready +\S+ +endpoint-registrar +192\.0\.2\.10 \(db\.example\.org\) is not ready: ECONNREFUSED/)
      expect(text).toMatch(/Warning +Panic +\S+ +endpoint-registrar +Panic: 1 of 3 targets ready/)
    })
    expect(await kubectl(['events', '-n', namespace, '--for', 'service/db'])).toMatch(/EndpointUnready/)
    expect(told).toEqual([])
  })

  test('counts what happens again in the same Event', async () => {
    const sink = open()
    for (let count = 1; count <= 3; count += 1) {
      sink.tell(down())
      await eventually(async () => { expect(await events()).toMatchObject([{ reason: 'EndpointUnready', count }]) })
    }
    expect(await kubectl(['describe', 'service', '-n', namespace, 'db'])).toMatch(/EndpointUnready +\S+ \(x3 over \S+\)/)
  })

  test('makes an Event anew that has expired meanwhile', async () => {
    const sink = open()
    sink.tell(down())
    await eventually(async () => { expect(await events()).toHaveLength(1) })
    await kubectl(['delete', 'events', '-n', namespace, '--all'])
    sink.tell(down())
    await eventually(async () => { expect(await events()).toMatchObject([{ count: 2 }]) })
    expect(told).toEqual([])
  })

  test('is heard at kubectl describe lease, of what belongs to no Service', async () => {
    const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`
    const { body } = await raw('POST', path, { metadata: { name: 'endpoint-registrar-shop' }, spec: {} })
    const lease = { namespace, name: 'endpoint-registrar-shop', uid: () => (body as { metadata: { uid: string } }).metadata.uid }
    open({ lease }).tell({ kind: 'withheld', deletions: 9, owned: 12, maxDeletePercent: 30 })
    await eventually(async () => {
      expect(await kubectl(['describe', 'lease', '-n', namespace, lease.name])).toMatch(/Warning +DeletionsWithheld +\S+ +endpoint-registrar +9 of 12 Services/)
    })
  })

  test.each(['endpoint-registrar-write', 'endpoint-registrar-lease'])('needs no more rights than deploy/rbac.yaml grants: %s', async (role) => {
    const { kubeconfig } = await testUser(namespace, { rules: await shippedRules(role) })
    const sink = open({}, clientOf(kubeconfig))
    let said = 0
    // The authorizer learns of new bindings by a watch.
    await eventually(async () => {
      sink.tell(down(`reason ${said += 1}`))
      expect(await events()).not.toEqual([])
    })
    sink.tell(down('again'))
    await eventually(async () => { expect(await events()).toContainEqual(expect.objectContaining({ message: expect.stringContaining('again'), count: 1 })) })
    sink.tell(down('again'))
    await eventually(async () => { expect(await events()).toContainEqual(expect.objectContaining({ message: expect.stringContaining('again'), count: 2 })) })
  })

  test('says once that it may not', async () => {
    const { kubeconfig } = await testUser(namespace, {})
    const sink = open({}, clientOf(kubeconfig))
    for (const reason of ['a', 'b', 'c']) sink.tell(down(reason))
    await eventually(() => told.length > 0 ? Promise.resolve() : Promise.reject(new Error('Nothing was told')))
    await sink.stop()
    expect(told).toEqual([{ kind: 'trouble', where: 'events', message: expect.stringContaining('cannot create resource "events"') }])
  })
})

describeClusterWith(['controllerManager'], 'eventSink in a namespace that goes', () => {
  test('says nothing', async () => {
    // A finalizer of its own holds it.
    await raw('PATCH', `/api/v1/namespaces/${namespace}/services/db`, { metadata: { finalizers: ['example.org/hold'] } }, { headers: { 'content-type': 'application/merge-patch+json' } })
    await raw('DELETE', `/api/v1/namespaces/${namespace}`)
    const client = clientOf(cluster().kubeconfig)
    const refusals: unknown[] = []
    const call = (...of: Parameters<KubernetesClient['call']>): Promise<unknown> => client.call(...of).catch((error: unknown) => {
      refusals.push(error)
      throw error
    })
    open({}, { call }).tell(down())
    await eventually(async () => { expect(await Promise.resolve(refusals)).toMatchObject([{ status: 403, causes: ['NamespaceTerminating'] }]) })
    await raw('PATCH', `/api/v1/namespaces/${namespace}/services/db`, { metadata: { finalizers: null } }, { headers: { 'content-type': 'application/merge-patch+json' } })
    expect([told, await events()]).toEqual([[], []])
  })
})
