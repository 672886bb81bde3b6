// Namespaces that are not there, clusters that are not there, configs that are wrong, and hands in what is ours.

import { expect, test } from '@jest/globals'
import { createServer } from 'node:http'
import { type AddressInfo } from 'node:net'
import { cluster } from '../harness/cluster.ts'
import { describeCluster, describeClusterWith } from '../harness/describe-cluster.ts'
import { eventually } from '../harness/eventually.ts'
import { raw } from '../harness/raw.ts'
import { testNamespace } from '../harness/test-namespace.ts'
import { kubeconfigOf } from './kubeconfig-of.ts'
import { registrar } from './registrar.ts'
import { at, configText, destroy, find, live, newStage, patch, readyAddresses, service, slicesOf, versions } from './stage.ts'

async function onlySlice(namespace: string): Promise<string> {
  const [slice, ...others] = await slicesOf(namespace, 'db')
  if (slice === undefined || others.length > 0) throw new Error('There is not one slice')
  return slice.metadata.name
}

describeCluster('sync', () => {
  test('fails only the services of a namespace that does not exist', async () => {
    const { namespace, sync, plan } = await newStage()
    const config = [service('db'), service('lost', { namespace: `${namespace}-lost` })]
    expect((await plan(config)).code).toBe(4)
    const { code, service: said } = await sync(config)
    expect([code, said('db').status, said('lost').status, said('lost').messages]).toEqual([4, 'done', 'refused', [`Namespace ${namespace}-lost does not exist: it has to be made first`]])
  })

  test('says every fault of a bad config with its place, and reaches no cluster', async () => {
    const { sync } = await newStage()
    const { code, stdout, stderr } = await sync([service('db', { nonsense: 1 }), service('Db')])
    expect([code, stdout, stderr.match(/^<stdin>:1:\d+: /gm)?.length]).toEqual([2, '', 2])
  })

  test('exits 2 for flags that are not there', async () => {
    expect((await registrar(['sync', '--nonsense'])).code).toBe(2)
    expect((await registrar(['nonsense'])).code).toBe(2)
  })

  test('exits 5 where nobody listens, nobody knows us, or what answers is no API server', async () => {
    const stranger = createServer((_, response) => { response.end('<html>') }).listen(0, '127.0.0.1')
    try {
      await eventually(() => (stranger.listening ? Promise.resolve() : Promise.reject(new Error('not listening'))))
      const servers = ['https://127.0.0.1:1', cluster().server, `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`]
      for (const server of servers) {
        const file = await kubeconfigOf(server, 'nobody')
        const { code, stdout, stderr } = await registrar(['sync', '-c', '-', '--no-probe'], configText([service('db')], 'default'), file)
        expect([code, stdout]).toEqual([5, ''])
        expect(stderr).toMatch(/^Error: /)
      }
    } finally {
      stranger.close()
    }
  })

  test('takes out what the API would take and kube-proxy would die of: nothing is written with a port out of range', async () => {
    const { namespace, sync } = await newStage()
    for (const ports of [[{ port: 80, targetPort: 70_000 }], [{ port: 0 }], [{ port: 80, targetPort: -1 }]]) {
      expect((await sync([service('db', { ports })])).code).toBe(2)
    }
    expect((await sync([service('db', { targets: [{ address: '192.0.2.10', ports: { main: 70_000 } }] })])).code).toBe(2)
    expect(await versions(namespace)).toEqual({})
  })

  test('drops addresses of the cluster itself one by one, and publishes the others', async () => {
    const { namespace, sync } = await newStage()
    await sync([service('db')])
    const { spec } = await live('Service', namespace, 'db')
    const { code, service: said } = await sync([service('db'), service('loop', at('192.0.2.10', spec.clusterIP ?? ''))])
    expect(code).toBe(0)
    expect(said('loop').addresses.map(({ published }) => published)).toEqual(['ready', 'out'])
    expect(await readyAddresses(namespace, 'loop')).toEqual(['192.0.2.10'])
  })

  test('keeps what others added, and takes back what the config no longer says', async () => {
    const { namespace, sync } = await newStage()
    await sync([service('db', { labels: { team: 'shop', tier: 'data' }, annotations: { note: 'ours', more: 'x' } })])
    await patch('Service', namespace, 'db', { metadata: { labels: { theirs: 'a' }, annotations: { theirs: 'b' } }, spec: { sessionAffinity: 'ClientIP', publishNotReadyAddresses: true } })
    await patch('EndpointSlice', namespace, await onlySlice(namespace), {
      metadata: { labels: { theirs: 'c' }, annotations: { theirs: 'd' } }, endpoints: [{ addresses: ['192.0.2.10'], conditions: { ready: true }, zone: 'eu-1', hostname: 'one' }],
    })
    await patch('Endpoints', namespace, 'db', { metadata: { labels: { theirs: 'e' } } })

    expect((await sync([service('db', { labels: { team: 'store' }, annotations: { note: 'ours' }, ...at('192.0.2.10', '192.0.2.11') })])).code).toBe(0)
    const { metadata, spec } = await live('Service', namespace, 'db')
    expect(metadata.labels).toEqual({ team: 'store', theirs: 'a', 'app.kubernetes.io/managed-by': 'endpoint-registrar', 'endpoint-registrar.io/instance': namespace })
    expect(metadata.annotations).toEqual({ note: 'ours', theirs: 'b', 'endpoint-registrar.io/applied': '{"labels":["team"],"annotations":["note"]}' })
    expect(spec).toMatchObject({ sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } }, publishNotReadyAddresses: true })
    const [after] = await slicesOf(namespace, 'db')
    expect([after?.metadata.labels?.['theirs'], after?.metadata.annotations?.['theirs']]).toEqual(['c', 'd'])
    expect(after?.endpoints?.map(({ addresses, zone, hostname }) => [addresses[0], zone, hostname])).toEqual([['192.0.2.10', 'eu-1', 'one'], ['192.0.2.11', undefined, undefined]])
    expect((await live('Endpoints', namespace, 'db')).metadata.labels?.['theirs']).toBe('e')
  })

  test('puts right what somebody changed of ours by hand', async () => {
    const { namespace, sync } = await newStage()
    await sync([service('db')])
    await patch('EndpointSlice', namespace, await onlySlice(namespace), { endpoints: [{ addresses: ['198.51.100.66'] }], ports: [{ name: 'x', port: 1 }] })
    await patch('Service', namespace, 'db', { spec: { internalTrafficPolicy: 'Local', ports: [{ port: 1 }] } })
    await destroy('Endpoints', namespace, 'db')
    expect((await sync([service('db')])).code).toBe(0)
    const { spec } = await live('Service', namespace, 'db')
    expect([spec.internalTrafficPolicy, spec.ports]).toEqual(['Cluster', [{ name: 'main', port: 80, targetPort: 8080, protocol: 'TCP' }]])
    expect(await readyAddresses(namespace, 'db')).toEqual(['192.0.2.10'])
    expect((await slicesOf(namespace, 'db')).map(({ ports }) => ports)).toEqual([[{ name: 'main', port: 8080, protocol: 'TCP' }]])
    expect((await find('Endpoints', namespace, 'db'))?.subsets?.[0]?.addresses).toEqual([{ ip: '192.0.2.10' }])
  })
})

describeClusterWith(['controllerManager'], 'sync', () => {
  test('fails only the services of a namespace that is terminating', async () => {
    const { namespace, sync } = await newStage()
    const ending = await testNamespace()
    await sync([service('db'), service('old', { namespace: ending })])
    await raw('POST', `/api/v1/namespaces/${ending}/configmaps`, { metadata: { name: 'hold', finalizers: ['test.example/hold'] } })
    await raw('DELETE', `/api/v1/namespaces/${ending}`)
    const config = [service('db', at('192.0.2.11')), service('old', { namespace: ending, ...at('192.0.2.11') }), service('new', { namespace: ending })]
    const { code, service: said } = await sync(config)
    expect([code, said('db').status, said('old').status, said('new').status]).toEqual([4, 'done', 'refused', 'refused'])
    expect(said('new').messages).toEqual([`Namespace ${ending} is terminating`])
    expect(await readyAddresses(namespace, 'db')).toEqual(['192.0.2.11'])
    await raw('PATCH', `/api/v1/namespaces/${ending}/configmaps/hold`, { metadata: { finalizers: null } }, { headers: { 'content-type': 'application/merge-patch+json' } })
  })
})
