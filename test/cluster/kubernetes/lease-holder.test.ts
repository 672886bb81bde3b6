import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type KubernetesClient, kubernetesClient } from '../../../src/kubernetes/client.ts'
import { leaseHolder } from '../../../src/kubernetes/lease-holder.ts'
import { cluster } from '../harness/cluster.ts'
import { describeCluster } from '../harness/describe-cluster.ts'
import { raw } from '../harness/raw.ts'
import { testNamespace } from '../harness/test-namespace.ts'
import { testUser } from '../harness/test-user.ts'

const signal = new AbortController().signal
const renewedAt = Date.parse('2026-11-23T12:00:00Z')
const hour = 3_600_000

describeCluster('leaseHolder', () => {
  let client: KubernetesClient
  beforeAll(() => { client = kubernetesClient({ kubeconfig: cluster().kubeconfig }) })
  afterAll(() => (client as KubernetesClient | undefined)?.close())

  const leases = (namespace: string): string => `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`

  /** A lease for an instance of its own, named after the namespace; returns the instance. */
  async function lease(namespace: string, holderIdentity = 'pod-1'): Promise<string> {
    const spec = { holderIdentity, leaseDurationSeconds: 15, renewTime: new Date(renewedAt).toISOString().replace('Z', '000Z') }
    expect((await raw('POST', leases(namespace), { metadata: { name: `endpoint-registrar-${namespace}` }, spec })).status).toBe(201)
    return namespace
  }

  /** A clock of one's own; `meanwhile` happens at every pause. */
  function clockAt(start: number, meanwhile: (pauses: number) => Promise<unknown> = () => Promise.resolve()): Parameters<typeof leaseHolder>[3] & { pausedMs: number } {
    let pauses = 0
    const clock = {
      pausedMs: 0,
      now: () => start + clock.pausedMs,
      wait: async (ms: number) => {
        clock.pausedMs += ms
        pauses += 1
        await meanwhile(pauses)
      },
    }
    return clock
  }

  test('is nobody where there is no lease, and where it was released, at once', async () => {
    const clock = clockAt(renewedAt)
    expect(await leaseHolder(client, 'no-such-instance', signal, clock)).toBeUndefined()
    expect(await leaseHolder(client, await lease(await testNamespace(), ''), signal, clock)).toBeUndefined()
    expect(clock.pausedMs).toBe(0)
  })

  test('is who renewed it lately, in whatever namespace', async () => {
    const instance = await lease(await testNamespace())
    expect(await leaseHolder(client, instance, signal, clockAt(renewedAt + 14_000))).toBe('pod-1')
  })

  test.each([['behind', -hour], ['ahead', hour]])('is nobody only after a whole duration without a change, our clock being %s', async (_name, skew) => {
    const instance = await lease(await testNamespace())
    const clock = clockAt(renewedAt + skew)
    expect(await leaseHolder(client, instance, signal, clock)).toBeUndefined()
    expect(clock.pausedMs).toBe(15_000)
  })

  test('is who renews it while we look, whatever the clocks say', async () => {
    const namespace = await testNamespace()
    const instance = await lease(namespace)
    const renew = async (pauses: number): Promise<void> => {
      if (pauses !== 3) return
      const body = { spec: { renewTime: '2026-11-23T12:00:02.000000Z' } }
      await raw('PATCH', `${leases(namespace)}/endpoint-registrar-${instance}`, body, { headers: { 'content-type': 'application/merge-patch+json' } })
    }
    expect(await leaseHolder(client, instance, signal, clockAt(renewedAt + hour, renew))).toBe('pod-1')
  })

  test('is looked for in one namespace where the cluster may not be searched', async () => {
    const namespace = await testNamespace()
    const instance = await lease(namespace)
    const user = await testUser(namespace, { rules: [{ apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'list'] }] })
    const limited = { ...kubernetesClient({ kubeconfig: user.kubeconfig }), namespace }
    expect(await leaseHolder(limited, instance, signal, clockAt(renewedAt))).toBe('pod-1')
    await limited.close()
  })
})
