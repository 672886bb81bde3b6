import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { kubernetesClient } from '../../../src/kubernetes/client.ts'
import { clusterTarget } from '../../../src/kubernetes/cluster-target.ts'
import { familiesFor } from '../../../src/kubernetes/families.ts'
import { readSurroundings } from '../../../src/kubernetes/surroundings.ts'
import { type Surroundings, type Target } from '../../../src/model/ports.ts'
import { cluster } from '../harness/cluster.ts'
import { startControlPlane } from '../harness/control-plane.ts'
import { describeCluster, describeClusterWith } from '../harness/describe-cluster.ts'
import { raw } from '../harness/raw.ts'
import { requestMark, requestsSince } from '../harness/request-log.ts'
import { testNamespace } from '../harness/test-namespace.ts'
import { testUser } from '../harness/test-user.ts'

const signal = new AbortController().signal
const types = ['ClusterIP', 'Headless'] as const
const policies = [undefined, 'SingleStack', 'PreferDualStack', 'RequireDualStack'] as const
const creator = [{ apiGroups: [''], resources: ['services'], verbs: ['create'] }]

async function families(surroundings: Surroundings, namespace: string): Promise<Record<string, readonly string[] | string>> {
  const entries = types.flatMap((type) => policies.map(async (policy) =>
    [`${type} ${policy ?? 'undefined'}`, await surroundings.familiesOf(namespace, type, policy)] as const))
  return Object.fromEntries(await Promise.all(entries))
}

describeCluster('readSurroundings', () => {
  let target: Target
  beforeAll(() => { target = clusterTarget(kubernetesClient({ kubeconfig: cluster().kubeconfig })) })
  afterAll(() => (target as Target | undefined)?.close())

  test('names the Service ranges and the API server', async () => {
    const { ownRanges } = await target.surroundings(signal)
    expect([...ownRanges.values()]).toContain('API server')
    expect(ownRanges.get(new URL(cluster().server).hostname)).toBe('API server')
    expect([...ownRanges.values()]).toContain('Service range of the cluster')
  })

  test('names what default/kubernetes leads to', async () => {
    const path = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices'
    const { status, body } = await raw('POST', path, {
      metadata: { generateName: 'kubernetes-', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
      addressType: 'IPv4', endpoints: [{ addresses: ['198.51.100.7'] }], ports: [{ port: 6443 }],
    })
    expect(status).toBe(201)
    const { ownRanges } = await target.surroundings(signal)
    expect(ownRanges.get('198.51.100.7')).toBe('API server')
    await raw('DELETE', `${path}/${(body as { metadata: { name: string } }).metadata.name}`)
  })
})

describeClusterWith(['requestLog'], 'readSurroundings without the right to read ServiceCIDRs', () => {
  test('learns the same families by one dry run for each type and policy', async () => {
    const [namespace, other] = await Promise.all([testNamespace(), testNamespace()])
    const user = await testUser(namespace, { rules: creator })
    const limited = clusterTarget(kubernetesClient({ kubeconfig: user.kubeconfig }))
    const admin = clusterTarget(kubernetesClient({ kubeconfig: cluster().kubeconfig }))
    const [poor, rich] = await Promise.all([limited.surroundings(signal), admin.surroundings(signal)])
    expect([...poor.ownRanges.values()]).toEqual(['API server'])

    // Somebody else's namespace is refused, and spoils nothing for the next.
    expect(await poor.familiesOf(other, 'ClusterIP', undefined)).toMatch(/cannot create resource "services"/)
    const mark = await requestMark()
    const learned = await families(poor, namespace)
    expect(await families(poor, namespace)).toEqual(learned)
    expect(learned).toEqual(await families(rich, namespace))
    expect((await requestsSince(mark, { user: user.user })).counts).toEqual({ 'create services': 8 })
    expect(((await raw('GET', `/api/v1/namespaces/${namespace}/services`)).body as { items: unknown[] }).items).toEqual([])
    await Promise.all([limited.close(), admin.close()])
  })
})

// Only where the binaries are ours can a second cluster be started.
describeClusterWith(['requestLog'], 'familiesOf on a cluster with one family', () => {
  test('foresees what the API server does', async () => {
    const plane = await startControlPlane({ controllerManager: false, serviceRanges: '10.96.0.0/16' })
    const client = kubernetesClient({ kubeconfig: plane.kubeconfig })
    const foreseen = await families(await readSurroundings(client, false, signal), 'default')
    const asked = await families({ ownRanges: new Map(), isMirroring: true, notes: [], familiesOf: familiesFor(client, [], signal) }, 'default')
    await client.close()
    await plane.stop()
    expect(foreseen['ClusterIP RequireDualStack']).toBe('RequireDualStack on a cluster that has IPv4 only')
    expect(asked['ClusterIP RequireDualStack']).toMatch(/not configured for dual-stack services/)
    const sameRefusal = { 'ClusterIP RequireDualStack': 'refused' }
    expect({ ...foreseen, ...sameRefusal }).toEqual({ ...asked, ...sameRefusal })
  })
})
