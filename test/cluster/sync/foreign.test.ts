// What is not ours: refused with the reason and left as it is, or taken over where that was asked for.

import { expect, test } from '@jest/globals'
import { type EndpointSlice, type Kind, type ManagedObject } from '../../../src/model/objects.ts'
import { describeCluster, describeClusterWith } from '../harness/describe-cluster.ts'
import { eventually } from '../harness/eventually.ts'
import { kubectl } from '../harness/kubectl.ts'
import { raw } from '../harness/raw.ts'
import { at, find, live, make, newStage, patch, readyAddresses, service, slicesOf, type Stage, versions } from './stage.ts'

const ports = [{ name: 'main', port: 80, targetPort: 8080 }]

function handService(name: string, more: { readonly metadata?: object; readonly spec?: object } = {}): object {
  return { metadata: { name, ...more.metadata }, spec: { ports, ...more.spec } }
}

function handSlice(name: string, ofService: string, labels: Readonly<Record<string, string>> = {}, addresses = ['198.51.100.1']): object {
  return {
    metadata: { name, labels: { 'kubernetes.io/service-name': ofService, ...labels } },
    addressType: 'IPv4', ports: [{ name: 'main', port: 8080 }], endpoints: [{ addresses }],
  }
}

function handEndpoints(name: string, ...addresses: readonly string[]): object {
  return { metadata: { name }, subsets: [{ addresses: addresses.map((ip) => ({ ip })), ports: [{ name: 'main', port: 8080 }] }] }
}

const another = { 'app.kubernetes.io/managed-by': 'endpoint-registrar', 'endpoint-registrar.io/instance': 'another' }

/** What stands in the way under the name `db`, and what is said of it. */
const foreign: readonly { readonly what: string; readonly objects: readonly (readonly [Kind, object])[]; readonly adopt?: boolean; readonly said: string }[] = [
  { what: 'a Service', objects: [['Service', handService('db')]], said: 'Service exists and is not ours (adopt: true takes it over)' },
  {
    what: 'a Service with a selector', objects: [['Service', handService('db', { spec: { selector: { app: 'db' } } })]],
    said: 'Service has a selector: its endpoints belong to the cluster',
  },
  {
    what: 'a Service with a selector, adopt or not', adopt: true, objects: [['Service', handService('db', { spec: { selector: { app: 'db' } } })]],
    said: 'Service has a selector: its endpoints belong to the cluster',
  },
  { what: 'a Service of another instance', objects: [['Service', handService('db', { metadata: { labels: another } })]], said: 'Service belongs to instance another' },
  {
    what: 'a Service of another instance, adopt or not', adopt: true, objects: [['Service', handService('db', { metadata: { labels: another } })]],
    said: 'Service belongs to instance another',
  },
  {
    what: 'slices by hand for a Service that is not there', objects: [['EndpointSlice', handSlice('db-hand', 'db')]],
    said: 'EndpointSlice db-hand of somebody else serves the same Service',
  },
  {
    what: 'slices of another controller', adopt: true,
    objects: [['EndpointSlice', handSlice('db-x', 'db', { 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io' })]],
    said: 'EndpointSlice db-x of endpointslice-controller.k8s.io serves the same Service',
  },
  {
    what: 'slices of another instance', adopt: true,
    objects: [['EndpointSlice', handSlice('db-x', 'db', { ...another, 'endpointslice.kubernetes.io/managed-by': 'endpoint-registrar.io' })]],
    said: 'EndpointSlice db-x belongs to instance another',
  },
  { what: 'Endpoints by hand', objects: [['Endpoints', handEndpoints('db', '198.51.100.1')]], said: 'Endpoints of this name are not ours (adopt: true takes them over)' },
  {
    what: 'a Service of Helm', adopt: true, objects: [['Service', handService('db', { metadata: { labels: { 'app.kubernetes.io/managed-by': 'Helm' } } })]],
    said: 'Service cannot be adopted: it is managed by Helm',
  },
  {
    what: 'a Service of Argo CD', adopt: true, objects: [['Service', handService('db', { metadata: { annotations: { 'argocd.argoproj.io/tracking-id': 'x' } } })]],
    said: 'Service cannot be adopted: it carries the mark argocd.argoproj.io/tracking-id of another tool',
  },
  {
    what: 'a Service of Flux', adopt: true, objects: [['Service', handService('db', { metadata: { labels: { 'kustomize.toolkit.fluxcd.io/name': 'x' } } })]],
    said: 'Service cannot be adopted: it carries the mark kustomize.toolkit.fluxcd.io/name of another tool',
  },
  {
    what: 'a NodePort Service', adopt: true, objects: [['Service', handService('db', { spec: { type: 'NodePort' } })]],
    said: 'Service cannot be adopted: it is of type NodePort',
  },
]

describeCluster('sync', () => {
  // Without the controller manager's hand: what is in the way is put into a namespace and looked at within seconds.
  test.each(foreign)('refuses $what, touches nothing of it and goes on', async ({ objects, adopt, said }) => {
    const { namespace, sync } = await newStage()
    const planted = await Promise.all(objects.map(async ([kind, object]) => [kind, (await make(kind, namespace, object)).metadata] as const))
    const { code, service: outline } = await sync([service('db', { adopt: adopt ?? false }), service('other')])
    expect([code, outline('db').status, outline('db').messages, outline('other').status]).toEqual([4, 'refused', [said], 'done'])
    const after = await versions(namespace)
    for (const [kind, { name, resourceVersion }] of planted) expect(after).toHaveProperty(`${kind}/${name}`, resourceVersion)
    // The cluster's own controllers may have added something of theirs for it; we have not.
    const { items } = JSON.parse(await kubectl(['get', 'services,endpoints,endpointslices', '-n', namespace, '-l', `endpoint-registrar.io/instance=${namespace}`, '-o', 'json'])) as { items: ManagedObject[] }
    expect(items.map(({ metadata }) => metadata.name).filter((name) => name.startsWith('db'))).toEqual([])
  })

  test('refuses a Service that has an owner', async () => {
    const { namespace, sync } = await newStage()
    const owner = (await raw('POST', `/api/v1/namespaces/${namespace}/configmaps`, { metadata: { name: 'owner' } })).body as { metadata: { uid: string } }
    await make('Service', namespace, handService('db', { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid }] } }))
    const { code, service: outline } = await sync([service('db', { adopt: true })])
    expect([code, outline('db').messages]).toEqual([4, ['Service cannot be adopted: it belongs to ConfigMap owner']])
  })

  test('refuses a Service that is being deleted', async () => {
    const { namespace, sync } = await newStage()
    await sync([service('db')])
    await patch('Service', namespace, 'db', { metadata: { finalizers: ['test.example/hold'] } })
    await raw('DELETE', `/api/v1/namespaces/${namespace}/services/db`)
    const before = await versions(namespace)
    const { code, service: outline } = await sync([service('db', at('192.0.2.99'))])
    expect([code, outline('db').status, outline('db').messages]).toEqual([4, 'refused', ['Service is being deleted']])
    expect(await versions(namespace)).toEqual(before)
    await patch('Service', namespace, 'db', { metadata: { finalizers: null } })
  })

  test('never touches default/kubernetes, adopt or not', async () => {
    const { sync } = await newStage()
    const { code, stderr } = await sync([service('kubernetes', { namespace: 'default', adopt: true })])
    expect(code).toBe(2)
    expect(stderr).toContain('Cannot use name kubernetes in namespace default: that Service is the API server')
  })

  test('refuses slices that somebody adds beside ours, and leaves both', async () => {
    const { namespace, sync } = await newStage()
    await sync([service('db')])
    await make('EndpointSlice', namespace, handSlice('db-hand', 'db'))
    const before = await versions(namespace)
    const { code, service: outline } = await sync([service('db', at('192.0.2.99'))])
    expect([code, outline('db').status]).toEqual([4, 'refused'])
    expect(await versions(namespace)).toEqual(before)
  })
})

describeClusterWith(['controllerManager'], 'sync', () => {
  test('refuses slices mirrored from Endpoints that somebody made under our Service', async () => {
    const { namespace, sync } = await newStage()
    const config = { publish: 'endpointSlices', services: [service('db'), service('other')] }
    await sync(config)
    await make('Endpoints', namespace, handEndpoints('db', '198.51.100.1'))
    await eventually(async () => { expect(await slicesOf(namespace, 'db')).toHaveLength(2) })
    const before = await versions(namespace)
    const { code, service: outline } = await sync({ ...config, services: [service('db', at('192.0.2.99')), service('other')] })
    expect([code, outline('db').status, outline('other').status]).toEqual([4, 'refused', 'done'])
    expect(outline('db').messages).toEqual([expect.stringMatching(/^EndpointSlice db-\w+ is mirrored from Endpoints that are not ours$/)])
    expect(await versions(namespace)).toEqual(before)
  })
})

describeClusterWith(['controllerManager'], 'adopt: true', () => {
  /** A Service as people make it by hand: with Endpoints, which the cluster mirrors. */
  async function byHand({ namespace }: Stage, spec: object = {}): Promise<string | undefined> {
    const { metadata } = await make('Service', namespace, handService('db', { metadata: { labels: { team: 'shop' } }, spec }))
    await make('Endpoints', namespace, handEndpoints('db', '198.51.100.1', '198.51.100.2'))
    await eventually(async () => { expect(await slicesOf(namespace, 'db')).toHaveLength(1) })
    return metadata.uid
  }

  const adopting = [service('db', { adopt: true, ...at('198.51.100.1', '192.0.2.10') })]

  test('takes over a Service with its Endpoints, their mirrored slices and slices by hand, and says what it took', async () => {
    const stage = await newStage()
    const { namespace, sync } = stage
    const uid = await byHand(stage)
    await make('EndpointSlice', namespace, handSlice('db-hand', 'db', {}, ['198.51.100.9']))
    const { code, service: outline } = await sync(adopting)
    expect([code, outline('db').status]).toEqual([0, 'done'])
    expect(outline('db').messages).toEqual(expect.arrayContaining(['Adopts Service db', 'Adopts EndpointSlice db-hand', 'Adopts Endpoints db']))
    const { metadata } = await live('Service', namespace, 'db')
    expect([metadata.uid, metadata.labels?.['team'], metadata.annotations?.['endpoint-registrar.io/adopted']]).toEqual([uid, 'shop', 'true'])
    // The mirroring controller takes its own away once it sees skip-mirror.
    await eventually(async () => { expect(await readyAddresses(namespace, 'db')).toEqual(['192.0.2.10', '198.51.100.1']) })
    expect((await slicesOf(namespace, 'db')).map(({ metadata: { labels } }) => labels?.['endpointslice.kubernetes.io/managed-by'])).toEqual(['endpoint-registrar.io'])
    const { code: again, json } = await sync(adopting)
    expect([again, json.services.flatMap(({ changes }) => changes)]).toEqual([0, []])
  })

  test('keeps all of a hand-made Service until every declared host has answered', async () => {
    const stage = await newStage()
    await byHand(stage)
    const config = { resolver: { nameservers: ['127.0.0.1:9'], timeoutSeconds: 1 }, services: [service('db', { adopt: true, targets: [{ host: 'db.example.com' }] })] }
    const { code, service: outline } = await stage.sync(config)
    expect([code, outline('db').status]).toEqual([4, 'kept'])
    await eventually(async () => { expect(await readyAddresses(stage.namespace, 'db')).toEqual(['198.51.100.1', '198.51.100.2']) })
  })

  test('takes slices of names (FQDN) away, which no kube-proxy follows', async () => {
    const { namespace, sync } = await newStage()
    await make('Service', namespace, handService('db'))
    await make('EndpointSlice', namespace, { ...handSlice('db-names', 'db', {}, ['db.example.com']), addressType: 'FQDN' })
    const { code, service: outline } = await sync([service('db', { adopt: true })])
    expect([code, outline('db').status, outline('db').addresses.map(({ address }) => address)]).toEqual([0, 'done', ['192.0.2.10']])
    expect((await slicesOf(namespace, 'db')).map(({ addressType, endpoints }) => [addressType, endpoints?.map(({ addresses }) => addresses)])).toEqual([['IPv4', [['192.0.2.10']]]])
  })

  test('takes over a headless Service', async () => {
    const stage = await newStage()
    const uid = await byHand(stage, { clusterIP: 'None' })
    const { code } = await stage.sync([service('db', { adopt: true, type: 'Headless', ports: [{ name: 'main', port: 8080 }], ...at('192.0.2.10') })])
    expect(code).toBe(0)
    const { metadata, spec } = await live('Service', stage.namespace, 'db')
    expect([metadata.uid, spec.clusterIP]).toEqual([uid, 'None'])
    await eventually(async () => { expect(await readyAddresses(stage.namespace, 'db')).toEqual(['192.0.2.10']) })
  })

  test.each([['ClusterIP', 80], ['Headless', 8080]])('makes an ExternalName Service a %s', async (type, port) => {
    const { namespace, sync } = await newStage()
    const { metadata: { uid } } = await make('Service', namespace, { metadata: { name: 'db' }, spec: { type: 'ExternalName', externalName: 'db.example.com' } })
    const config = [service('db', { adopt: true, type, ports: [{ name: 'main', port, targetPort: 8080 }] })]
    const { code } = await sync(config)
    expect(code).toBe(0)
    const { metadata, spec } = await live('Service', namespace, 'db')
    expect([metadata.uid, spec.type, spec.externalName, spec.clusterIP === 'None']).toEqual([uid, 'ClusterIP', undefined, type === 'Headless'])
    expect(await readyAddresses(namespace, 'db')).toEqual(['192.0.2.10'])
    expect((await sync(config)).json.services.flatMap(({ changes }) => changes)).toEqual([])
  })

  test('releases what is no longer declared: our marks come off and all goes on serving', async () => {
    const stage = await newStage()
    const { namespace, sync } = stage
    const uid = await byHand(stage)
    await sync([...adopting, service('stays')])
    await eventually(async () => { expect(await readyAddresses(namespace, 'db')).toEqual(['192.0.2.10', '198.51.100.1']) })
    const { code, service: outline } = await sync([service('stays')])
    expect([code, outline('db').status]).toEqual([0, 'released'])
    const { metadata } = await live('Service', namespace, 'db')
    expect([metadata.uid, metadata.labels]).toEqual([uid, { team: 'shop' }])
    expect(Object.keys(metadata.annotations ?? {}).filter((key) => key.startsWith('endpoint-registrar.io/'))).toEqual([])
    expect(await readyAddresses(namespace, 'db')).toEqual(['192.0.2.10', '198.51.100.1'])
    const marksOf = ({ metadata: { labels } }: EndpointSlice): unknown => labels?.['app.kubernetes.io/managed-by']
    expect((await slicesOf(namespace, 'db')).map(marksOf)).toStrictEqual([undefined])
    expect((await find('Endpoints', namespace, 'db'))?.subsets?.[0]?.addresses).toEqual([{ ip: '192.0.2.10' }, { ip: '198.51.100.1' }])
    // Nothing of it is ours any more: it is not seen again.
    expect((await sync([service('stays')])).json.services.map(({ name }) => name)).toEqual(['stays'])
  })
})
