import { expect, test } from '@jest/globals'
import { describeCluster, describeClusterWith } from '../harness/describe-cluster.ts'
import { kubectl } from '../harness/kubectl.ts'
import { at, live, newStage, readyAddresses, service, slicesOf, versions } from './stage.ts'

describeCluster('sync', () => {
  test('shows in kubectl get endpoints as ip:port,ip:port', async () => {
    const { namespace, sync } = await newStage()
    const { code } = await sync([service('db', at('192.0.2.11', '192.0.2.10'))])
    expect(code).toBe(0)
    const lines = (await kubectl(['get', 'endpoints', 'db', '-n', namespace, '--no-headers'])).split(/\s+/)
    expect(lines.slice(0, 2)).toEqual(['db', '192.0.2.10:8080,192.0.2.11:8080'])
  })

  test('leads port 80 of the Service to targetPort 8080 of the target', async () => {
    const { namespace, sync } = await newStage()
    await sync([service('api')])
    expect((await live('Service', namespace, 'api')).spec.ports).toEqual([{ name: 'main', port: 80, targetPort: 8080, protocol: 'TCP' }])
    const [slice] = await slicesOf(namespace, 'api')
    expect(slice?.ports).toEqual([{ name: 'main', port: 8080, protocol: 'TCP' }])
    expect((await live('Endpoints', namespace, 'api')).subsets).toEqual([
      { addresses: [{ ip: '192.0.2.10' }], ports: [{ name: 'main', port: 8080, protocol: 'TCP' }] },
    ])
  })

  test('leads an unnamed port by the empty name, which kube-proxy matches', async () => {
    const { namespace, sync } = await newStage()
    await sync([service('api', { ports: [{ port: 80, targetPort: 8080 }] })])
    expect((await live('Service', namespace, 'api')).spec.ports).toEqual([{ port: 80, targetPort: 8080, protocol: 'TCP' }])
    const [slice] = await slicesOf(namespace, 'api')
    expect(slice?.ports).toEqual([{ name: '', port: 8080, protocol: 'TCP' }])
  })

  test('groups targets that listen elsewhere by their port set, with no address twice', async () => {
    const { namespace, sync } = await newStage()
    const ports = [{ name: 'sql', port: 5432 }, { name: 'admin', port: 81, targetPort: 8081 }, { name: 'dns', port: 53, protocol: 'UDP' }]
    const targets = [{ address: '192.0.2.10' }, { address: '192.0.2.11', ports: { sql: 6433 } }, { address: '192.0.2.12' }]
    const { code } = await sync([service('db', { ports, targets })])
    expect(code).toBe(0)
    const slices = await slicesOf(namespace, 'db')
    const found = slices.map(({ endpoints, ports: numbers }) => [
      (endpoints ?? []).map(({ addresses }) => addresses[0]), (numbers ?? []).map(({ name, port, protocol }) => `${name ?? ''} ${port ?? 0}/${protocol ?? ''}`),
    ])
    expect(found).toEqual([
      [['192.0.2.10', '192.0.2.12'], ['sql 5432/TCP', 'admin 8081/TCP', 'dns 53/UDP']],
      [['192.0.2.11'], ['sql 6433/TCP', 'admin 8081/TCP', 'dns 53/UDP']],
    ])
    expect((await live('Endpoints', namespace, 'db')).subsets).toHaveLength(2)
  })

  test('publishes a headless Service under its own ports', async () => {
    const { namespace, sync } = await newStage()
    const { code } = await sync([service('db', { type: 'Headless', ipFamilyPolicy: 'SingleStack', ports: [{ name: 'sql', port: 5432 }], ...at('192.0.2.10', '192.0.2.11') })])
    expect(code).toBe(0)
    expect((await live('Service', namespace, 'db')).spec.clusterIP).toBe('None')
    const [slice] = await slicesOf(namespace, 'db')
    // kube-proxy and the headless label's readers must see it: see CONTRACT A2.
    expect(slice?.metadata.labels).not.toHaveProperty('service.kubernetes.io/headless')
    expect(await readyAddresses(namespace, 'db')).toEqual(['192.0.2.10', '192.0.2.11'])
  })

  test('touches nothing of a service that is paused, in the config or by a person on the Service', async () => {
    const { namespace, sync } = await newStage()
    await sync([service('one'), service('two')])
    await kubectl(['annotate', 'service', 'two', '-n', namespace, 'endpoint-registrar.io/paused=true'])
    const before = await versions(namespace)
    const { code, service: said } = await sync([service('one', { paused: true, ...at('192.0.2.99') }), service('two', at('192.0.2.99'))])
    expect([code, said('one').status, said('two').status]).toEqual([0, 'paused', 'paused'])
    expect(await versions(namespace)).toEqual(before)
  })
})

describeClusterWith(['dualStack'], 'sync of families', () => {
  const both = at('192.0.2.10', '2001:db8::10', '2001:db8::11')

  test('publishes each family in slices of its own', async () => {
    const { namespace, sync } = await newStage()
    const { code } = await sync([service('db', { ipFamilyPolicy: 'RequireDualStack', ...both })])
    expect(code).toBe(0)
    const slices = await slicesOf(namespace, 'db')
    expect(slices.map(({ addressType, endpoints }) => [addressType, endpoints?.flatMap(({ addresses }) => addresses)])).toEqual([
      ['IPv4', ['192.0.2.10']], ['IPv6', ['2001:db8::10', '2001:db8::11']],
    ])
  })

  test('leaves addresses out of a family that the Service lacks, and says so', async () => {
    const { namespace, sync } = await newStage()
    const { code, service: said } = await sync([service('db', both)])
    expect(code).toBe(0)
    expect(said('db').addresses.map(({ address, published, reason }) => [address, published, reason])).toEqual([
      ['192.0.2.10', 'ready', 'not probed'], ['2001:db8::10', 'out', 'Service has no IPv6'], ['2001:db8::11', 'out', 'Service has no IPv6'],
    ])
    expect(await readyAddresses(namespace, 'db')).toEqual(['192.0.2.10'])
    expect((await live('Endpoints', namespace, 'db')).subsets?.[0]?.addresses).toEqual([{ ip: '192.0.2.10' }])
  })

  test('fails by name where no address is in a family of the Service, and what serves stays', async () => {
    const { namespace, sync } = await newStage()
    await sync([service('db'), service('other')])
    const before = await versions(namespace)
    const { code, service: said } = await sync([service('db', at('2001:db8::10')), service('other')])
    expect([code, said('db').status, said('other').status]).toEqual([4, 'failed', 'done'])
    expect(said('db').messages).toEqual(['No address in a family that the Service has: 2001:db8::10: Service has no IPv6'])
    expect(await versions(namespace)).toEqual(before)
  })

  test('moves from one family to the other: no slice can change its addressType', async () => {
    const { namespace, sync } = await newStage()
    const withAddress = (address: string): ReturnType<typeof service>[] => [service('db', { ipFamilyPolicy: 'RequireDualStack', ...at(address) })]
    await sync(withAddress('192.0.2.10'))
    const { code, service: said } = await sync(withAddress('2001:db8::10'))
    expect([code, said('db').status]).toEqual([0, 'done'])
    expect((await slicesOf(namespace, 'db')).map(({ addressType, endpoints }) => [addressType, endpoints?.flatMap(({ addresses }) => addresses)])).toEqual([['IPv6', ['2001:db8::10']]])
  })

  test('widens and narrows a Service in place: SingleStack, PreferDualStack and back', async () => {
    const { namespace, sync } = await newStage()
    const withPolicy = (ipFamilyPolicy: string): ReturnType<typeof service>[] => [service('db', { ipFamilyPolicy, ...both })]
    await sync(withPolicy('SingleStack'))
    const { metadata: { uid } } = await live('Service', namespace, 'db')
    const shape = async (): Promise<unknown> => {
      const { metadata, spec } = await live('Service', namespace, 'db')
      return [metadata.uid === uid, spec.ipFamilies, await readyAddresses(namespace, 'db')]
    }
    const widened = await sync(withPolicy('PreferDualStack'))
    expect([widened.code, ...await shape() as unknown[]]).toEqual([0, true, ['IPv4', 'IPv6'], ['192.0.2.10', '2001:db8::10', '2001:db8::11']])
    const narrowed = await sync(withPolicy('SingleStack'))
    expect([narrowed.code, ...await shape() as unknown[]]).toEqual([0, true, ['IPv4'], ['192.0.2.10']])
    expect((await sync(withPolicy('SingleStack'))).json.services.flatMap(({ changes }) => changes)).toEqual([])
  })
})
