// With which rights what works, and what of it fails alone.

import { expect, test } from '@jest/globals'
import { cluster } from '../harness/cluster.ts'
import { describeCluster } from '../harness/describe-cluster.ts'
import { eventually } from '../harness/eventually.ts'
import { raw } from '../harness/raw.ts'
import { testNamespace } from '../harness/test-namespace.ts'
import { testUser } from '../harness/test-user.ts'
import { at, configText, find, make, newStage, readyAddresses, service, shippedRules } from './stage.ts'
import { registrar } from './registrar.ts'

/** Until the authorizer has learnt of the user's binding. */
async function mayListServices(token: string, namespace: string): Promise<void> {
  await eventually(async () => {
    const { status } = await raw('GET', `/api/v1/namespaces/${namespace}/services?limit=1`, undefined, { to: { ...cluster(), token } })
    expect(status).toBe(200)
  })
}

describeCluster('deploy/rbac.yaml', () => {
  test('is enough for validate, plan, sync and remove', async () => {
    const { namespace, run, sync } = await newStage()
    const config = [service('db')]
    expect((await run('validate', config)).stdout).toBe(`Valid: 1 service of instance ${namespace}\n`)
    expect((await run('plan', config, '--no-probe')).code).toBe(1)
    expect((await sync(config)).code).toBe(0)
    expect((await sync([service('db', { ...at('192.0.2.11'), ports: [{ name: 'other', port: 81 }] })])).code).toBe(0)
    expect((await run('remove', config, '--yes')).code).toBe(0)
    expect(await find('Service', namespace, 'db')).toBeUndefined()
  })

  test('grants nothing that no verb needs', async () => {
    const granted: Record<string, string[]> = {}
    for (const { resources, verbs } of await shippedRules()) {
      for (const resource of resources) granted[resource] = [...new Set([...granted[resource] ?? [], ...verbs])].sort()
    }
    const writing = ['create', 'delete', 'get', 'list', 'update', 'watch']
    expect(granted).toEqual({
      services: writing, endpoints: writing, endpointslices: writing, namespaces: ['get', 'list', 'watch'], servicecidrs: ['list'],
      leases: ['create', 'get', 'list', 'update'], events: ['create', 'update'],
    })
  })

  test('may be bound in some namespaces only, without the read role', async () => {
    const namespace = await testNamespace()
    const { kubeconfig, token } = await testUser(namespace, { rules: await shippedRules('endpoint-registrar-write') })
    await mayListServices(token, namespace)
    const flags = ['-c', '-', '-o', 'json', '--no-probe', '--namespaces', namespace, '--cluster-cidrs', '10.96.0.0/16,fd00:96::/112']
    const sync = (services: readonly ReturnType<typeof service>[]): ReturnType<typeof registrar> =>
      registrar(['sync', ...flags], configText(services, namespace), kubeconfig)
    const made = await sync([service('db', { ipFamilyPolicy: 'PreferDualStack', ...at('192.0.2.10', '10.96.0.10') }), service('old')])
    expect([made.code, made.stderr]).toEqual([0, 'Warning: Leases may not be read, so whether a controller is at work for this instance is not known\n'])
    expect(made.service('db').addresses.map(({ address, published, reason }) => [address, published, reason])).toEqual([
      ['192.0.2.10', 'ready', 'not probed'], ['10.96.0.10', 'out', 'cluster range'],
    ])
    const pruned = await sync([service('db', { ipFamilyPolicy: 'PreferDualStack' })])
    expect([pruned.code, pruned.service('old').status]).toEqual([0, 'removed'])
  })
})

describeCluster('sync', () => {
  test('fails only the services of a namespace that it may not read', async () => {
    const namespace = await testNamespace()
    const closed = await testNamespace()
    const { kubeconfig, token } = await testUser(namespace, { rules: await shippedRules('endpoint-registrar-write') })
    await mayListServices(token, namespace)
    const config = configText([service('db'), service('shut', { namespace: closed })], namespace)
    const { code, service: said } = await registrar(['sync', '-c', '-', '-o', 'json', '--no-probe'], config, kubeconfig)
    expect([code, said('db').status, said('shut').status]).toEqual([4, 'done', 'refused'])
    expect(said('shut').messages).toEqual([expect.stringContaining(`in the namespace "${closed}"`)])
    expect(await readyAddresses(namespace, 'db')).toEqual(['192.0.2.10'])
  })

  test('fails only the services that it may not write', async () => {
    const namespace = await testNamespace()
    const readOnly = await testNamespace()
    const write = await shippedRules('endpoint-registrar-write')
    const read = write.map((rule) => ({ ...rule, verbs: ['get', 'list'] }))
    const { kubeconfig, token, user } = await testUser(namespace, { rules: write, clusterRules: read })
    await mayListServices(token, namespace)
    await mayListServices(token, readOnly)
    const config = configText([service('db'), service('shut', { namespace: readOnly })], namespace)
    const { code, service: said } = await registrar(['sync', '-c', '-', '-o', 'json', '--no-probe'], config, kubeconfig)
    expect([code, said('db').status, said('shut').status, said('shut').changes]).toEqual([4, 'done', 'failed', []])
    expect(said('shut').messages).toEqual([
      `Cannot create Service shut: services is forbidden: User "${user}" cannot create resource "services" in API group "" in the namespace "${readOnly}"`,
    ])
  })

  test('never publishes a ClusterIP that it sees, although it may not read the ranges', async () => {
    const namespace = await testNamespace()
    const { kubeconfig, token } = await testUser(namespace, { rules: await shippedRules('endpoint-registrar-write') })
    await mayListServices(token, namespace)
    const made = await make('Service', namespace, { metadata: { name: 'other' }, spec: { ports: [{ port: 80 }] } })
    const config = configText([service('db', at('192.0.2.10', made.spec.clusterIP ?? ''))], namespace)
    const { code, service: said } = await registrar(['sync', '-c', '-', '-o', 'json', '--no-probe'], config, kubeconfig)
    expect(code).toBe(0)
    expect(said('db').addresses.map(({ published, reason }) => [published, reason])).toContainEqual(['out', `ClusterIP of ${namespace}/other`])
    expect(await readyAddresses(namespace, 'db')).toEqual(['192.0.2.10'])
  })

  test('writes nothing outside --namespaces', async () => {
    const { namespace, sync } = await newStage()
    const other = await testNamespace()
    const { code, service: said } = await sync([service('db'), service('out', { namespace: other })], '--namespaces', namespace)
    expect([code, said('db').status, said('out').status, said('out').messages]).toEqual([4, 'done', 'refused', [`Namespace ${other} is not among --namespaces`]])
    expect(await find('Service', other, 'out')).toBeUndefined()
  })
})
