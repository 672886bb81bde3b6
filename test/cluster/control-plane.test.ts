import { expect, test } from '@jest/globals'
import { type EndpointSlice, type Service } from '../../src/model/objects.ts'
import { kubeconfigFor } from './harness/cluster.ts'
import { describeCluster, describeClusterWith } from './harness/describe-cluster.ts'
import { eventually } from './harness/eventually.ts'
import { kubectl } from './harness/kubectl.ts'
import { raw } from './harness/raw.ts'
import { requestMark, requestsSince } from './harness/request-log.ts'
import { testNamespace } from './harness/test-namespace.ts'
import { testUser } from './harness/test-user.ts'

const serviceOf = (name: string, spec: object = {}): object => ({
  apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { ports: [{ port: 5432 }], ...spec },
})

async function createService(namespace: string, name: string, spec: object = {}): Promise<Service> {
  const { status, body } = await raw('POST', `/api/v1/namespaces/${namespace}/services`, serviceOf(name, spec))
  expect(status).toBe(201)
  return body as Service
}

async function slicesOf(namespace: string): Promise<readonly EndpointSlice[]> {
  const { body } = await raw('GET', `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`)
  return (body as { items: EndpointSlice[] }).items
}

describeCluster('the control plane', () => {
  test('kubectl applies a Service and reads it back', async () => {
    const namespace = await testNamespace()
    await kubectl(['apply', '-n', namespace, '-f', '-'], JSON.stringify(serviceOf('orders-db')))
    const service = JSON.parse(await kubectl(['get', 'service', 'orders-db', '-n', namespace, '-o', 'json'])) as Service
    expect(service.spec.clusterIP).toMatch(/^[0-9a-f.:]+$/)
  })

  test('kubectl rejects with what the server said', async () => {
    await expect(kubectl(['get', 'service', 'nobody', '-n', 'default'])).rejects.toThrow('services "nobody" not found')
  })

  test('testUser has the rights that it is given and no others', async () => {
    const namespace = await testNamespace()
    const { kubeconfig } = await testUser(namespace, { rules: [{ apiGroups: [''], resources: ['services'], verbs: ['list'] }] })
    await expect(kubectl(['get', 'services', '-n', namespace], undefined, kubeconfig)).resolves.toBe('')
    await expect(kubectl(['get', 'services', '-n', 'default'], undefined, kubeconfig)).rejects.toThrow('Forbidden')
    await expect(kubectl(['get', 'endpoints', '-n', namespace], undefined, kubeconfig)).rejects.toThrow('Forbidden')
  })
})

describeClusterWith(['dualStack'], 'a dual-stack cluster', () => {
  test('gives a Service that prefers it both families', async () => {
    const service = await createService(await testNamespace(), 'orders-db', { ipFamilyPolicy: 'PreferDualStack' })
    expect(service.spec.ipFamilies).toEqual(['IPv4', 'IPv6'])
    expect(service.spec.clusterIPs).toHaveLength(2)
  })
})

describeClusterWith(['controllerManager'], 'the controller manager', () => {
  test('mirrors Endpoints into a slice', async () => {
    const namespace = await testNamespace()
    await createService(namespace, 'orders-db')
    await raw('POST', `/api/v1/namespaces/${namespace}/endpoints`, {
      metadata: { name: 'orders-db' }, subsets: [{ addresses: [{ ip: '192.0.2.10' }], ports: [{ port: 5432 }] }],
    })
    await eventually(async () => {
      const [slice] = await slicesOf(namespace)
      expect(slice?.metadata.labels).toMatchObject({ 'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io' })
      expect(slice?.endpoints?.[0]?.addresses).toEqual(['192.0.2.10'])
    })
  })

  test('collects what the deleted Service owned', async () => {
    const namespace = await testNamespace()
    const { metadata } = await createService(namespace, 'orders-db')
    await raw('POST', `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`, {
      metadata: { name: 'mine', ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name: 'orders-db', uid: metadata.uid }] },
      addressType: 'IPv4', endpoints: [{ addresses: ['192.0.2.10'] }], ports: [],
    })
    expect(await slicesOf(namespace)).toHaveLength(1)
    await raw('DELETE', `/api/v1/namespaces/${namespace}/services/orders-db`)
    await eventually(async () => { expect(await slicesOf(namespace)).toEqual([]) })
  })
})

describeClusterWith(['requestLog'], 'the request log', () => {
  test('requestsSince counts every request of one user, and no other', async () => {
    const namespace = await testNamespace()
    const everything = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }]
    const one = await testUser(namespace, { rules: everything })
    const other = await testUser(namespace, { rules: everything })
    const services = `/api/v1/namespaces/${namespace}/services`
    const as = (token: string): object => ({ headers: { authorization: `Bearer ${token}` } })
    const mark = await requestMark()
    await Promise.all(Array.from({ length: 40 }, (_, index) => raw('POST', services, serviceOf(`db-${index}`), as(one.token))))
    await raw('GET', services, undefined, as(one.token))
    await raw('DELETE', `${services}/db-0`, undefined, as(one.token))
    await raw('POST', services, serviceOf('theirs'), as(other.token))

    const { counts, writes } = await requestsSince(mark, { user: one.user })
    expect(counts).toEqual({ 'create services': 40, 'list services': 1, 'delete services': 1 })
    expect(writes).toBe(41)
    expect((await requestsSince(await requestMark(), { namespace, userAgent: 'cluster-harness' })).requests).toEqual([])
  })

  test('kubeconfigFor limited may ask and is refused', async () => {
    const mark = await requestMark()
    await expect(kubectl(['get', 'services', '-n', 'default'], undefined, kubeconfigFor('limited'))).rejects.toThrow('Forbidden')
    expect((await requestsSince(mark, { user: 'limited' })).counts).toMatchObject({ 'list services': 1 })
  })
})
