import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type KubernetesClient, kubernetesClient } from '../../../src/kubernetes/client.ts'
import { clusterTarget } from '../../../src/kubernetes/cluster-target.ts'
import { type Target } from '../../../src/model/ports.ts'
import { cluster } from '../harness/cluster.ts'
import { describeCluster, describeClusterWith } from '../harness/describe-cluster.ts'
import { raw } from '../harness/raw.ts'
import { requestMark, requestsSince } from '../harness/request-log.ts'
import { testNamespace } from '../harness/test-namespace.ts'
import { testUser } from '../harness/test-user.ts'
import { creation, endpoints, service, slice } from './objects.ts'

const signal = new AbortController().signal
const readers = [
  { apiGroups: ['', 'discovery.k8s.io'], resources: ['services', 'endpoints', 'endpointslices'], verbs: ['get', 'list'] },
]
let client: KubernetesClient
let target: Target

function openTarget(): void {
  beforeAll(() => {
    client = kubernetesClient({ kubeconfig: cluster().kubeconfig, userAgent: 'read-current-test' })
    target = clusterTarget(client)
  })
  afterAll(() => (target as Target | undefined)?.close())
}

describeCluster('readCurrent', () => {
  openTarget()

  test('groups all that exists under a name, ours or not, with apiVersion and kind', async () => {
    const namespace = await testNamespace()
    await target.write([service(namespace, 'db'), slice(namespace, 'db'), endpoints(namespace, 'db')].map(creation), signal)
    await raw('POST', `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`, {
      metadata: { name: 'by-hand', labels: { 'kubernetes.io/service-name': 'db' } }, addressType: 'IPv4', endpoints: [], ports: [],
    })
    await raw('POST', `/api/v1/namespaces/${namespace}/services`, { metadata: { name: 'theirs' }, spec: { ports: [{ port: 1 }] } })
    const current = await target.read({ namespaces: [namespace], everywhere: false }, signal)
    expect([...current.services.keys()].sort()).toEqual([`${namespace}/db`, `${namespace}/theirs`])
    const db = current.services.get(`${namespace}/db`)
    expect(db).toEqual(await target.readService(namespace, 'db', signal))
    expect(db?.slices.map(({ metadata }) => metadata.name)).toEqual(['by-hand', 'db-ipv4-0'])
    const all = [db?.service, ...db?.slices ?? [], db?.endpoints]
    expect(all.map((object) => `${object?.apiVersion ?? ''} ${object?.kind ?? ''}`)).toEqual([
      'v1 Service', 'discovery.k8s.io/v1 EndpointSlice', 'discovery.k8s.io/v1 EndpointSlice', 'v1 Endpoints',
    ])
    for (const object of all) expect(object?.metadata).not.toHaveProperty('managedFields')
    expect(current.ownRanges?.get(db?.service?.spec.clusterIP ?? '')).toBe(`ClusterIP of ${namespace}/db`)
  })

  test('keeps what is declared or marked, and the ClusterIPs of all', async () => {
    const namespace = await testNamespace()
    const foreign = async (name: string): Promise<void> => {
      await raw('POST', `/api/v1/namespaces/${namespace}/services`, { metadata: { name }, spec: { ports: [{ port: 1 }] } })
      await raw('POST', `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`, {
        metadata: { name, labels: { 'kubernetes.io/service-name': name } }, addressType: 'IPv4', endpoints: [], ports: [],
      })
    }
    await foreign('declared')
    await foreign('other')
    await target.write([service(namespace, 'pruned'), slice(namespace, 'pruned'), slice(namespace, 'leftover')].map(creation), signal)
    await raw('POST', `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`, {
      metadata: { name: 'by-hand', labels: { 'kubernetes.io/service-name': 'pruned' } }, addressType: 'IPv4', endpoints: [], ports: [],
    })
    const keys = new Set([`${namespace}/declared`])
    const current = await target.read({ namespaces: [namespace], everywhere: false, instance: 'test', keys }, signal)
    expect([...current.services.keys()].sort()).toEqual(['declared', 'leftover', 'pruned'].map((name) => `${namespace}/${name}`))
    expect(current.services.get(`${namespace}/declared`)?.slices).toHaveLength(1)
    expect(current.services.get(`${namespace}/pruned`)).toEqual(await target.readService(namespace, 'pruned', signal))
    expect([...current.ownRanges?.values() ?? []].sort()).toEqual(['declared', 'other', 'pruned'].map((name) => `ClusterIP of ${namespace}/${name}`))
  })

  test('reads more than a page of 500', async () => {
    const namespace = await testNamespace()
    const names = Array.from({ length: 620 }, (_, index) => `s-${String(index).padStart(4, '0')}`)
    const written = await Promise.all(names.map((name) => target.write([creation(slice(namespace, name, name))], signal)))
    expect(written.filter(({ failure }) => failure !== undefined)).toEqual([])
    const current = await target.read({ namespaces: [namespace], everywhere: false, instance: 'test' }, signal)
    expect([...current.services.keys()].sort()).toEqual(names.map((name) => `${namespace}/${name}`))
  })

  test('finds what is owned elsewhere, in the whole cluster or in the given namespaces', async () => {
    const [declared, elsewhere, given] = await Promise.all([testNamespace(), testNamespace(), testNamespace()])
    await target.write([creation(service(elsewhere, 'old'))], signal)
    await target.write([creation(slice(given, 'old'))], signal)
    const scope = { namespaces: [declared], everywhere: true, instance: 'test' }
    const all = await target.read(scope, signal)
    expect([...all.services.keys()]).toEqual(expect.arrayContaining([`${elsewhere}/old`, `${given}/old`]))
    const within = await clusterTarget(client, { namespaces: [given] }).read(scope, signal)
    expect([...within.services.keys()]).toEqual([`${given}/old`])
    const nowhere = await target.read({ ...scope, everywhere: false }, signal)
    expect([...nowhere.services.keys()]).toEqual([])
  })

  test('tells a missing namespace, and lets a forbidden one fail alone', async () => {
    const [mine, theirs] = await Promise.all([testNamespace(), testNamespace()])
    const user = await testUser(mine, { rules: readers })
    const limited = clusterTarget(kubernetesClient({ kubeconfig: user.kubeconfig }))
    await target.write([creation(service(mine, 'db'))], signal)
    const current = await limited.read({ namespaces: [mine, theirs], everywhere: true, instance: 'test' }, signal)
    expect([...current.services.keys()]).toEqual([`${mine}/db`])
    // Nobody granted it its own namespace: it is taken for active.
    expect(current.namespaces).toEqual(new Map([[mine, 'active']]))
    expect([...current.unreadable?.keys() ?? []]).toEqual([theirs])
    expect(current.unreadable?.get(theirs)).toMatch(/cannot list resource/)
    await limited.close()

    const missing = await target.read({ namespaces: ['nowhere-at-all'], everywhere: false }, signal)
    expect(missing.namespaces).toEqual(new Map([['nowhere-at-all', 'missing']]))
  })
})

describeClusterWith(['requestLog'], 'readCurrent at the API server', () => {
  openTarget()

  test('costs four requests a namespace, and two more to look everywhere', async () => {
    const namespace = await testNamespace()
    const mark = await requestMark()
    await target.read({ namespaces: [namespace], everywhere: true, instance: `nobody-${namespace}` }, signal)
    const { counts, writes } = await requestsSince(mark, { userAgent: 'read-current-test' })
    expect(counts).toEqual({ 'get namespaces': 1, 'list services': 2, 'list endpointslices': 2, 'list endpoints': 1 })
    expect(writes).toBe(0)
  })
})
