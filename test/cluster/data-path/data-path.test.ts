// The main job, with nothing in between replaced: a pod's connection to a ClusterIP ends at a host outside the cluster.
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { type EndpointSlice, type Service } from '../../../src/model/objects.ts'
import { silence } from '../../support/dns-behaviours.ts'
import { type DnsServer, startDnsServer } from '../../support/dns-server.ts'
import { type ControlPlane, startControlPlane } from '../harness/control-plane.ts'
import { eventually } from '../harness/eventually.ts'
import { raw } from '../harness/raw.ts'
import { testNamespace } from '../harness/test-namespace.ts'
import { bundle } from '../sync/bundle.ts'
import { type Ran, registrar } from '../sync/registrar.ts'
import { configText } from '../sync/stage.ts'
import { describeWithNetwork } from './describe-with-network.ts'
import { type KubeProxy, startKubeProxy } from './kube-proxy.ts'
import { type Network, type OutsideHost, podRanges, startNetwork } from './network.ts'
import { type Client, startClient } from './start-client.ts'
import { startServer } from './start-server.ts'

const check = { tcp: {}, periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 2 }

await describeWithNetwork('the data path', () => {
  let network: Network
  let plane: ControlPlane
  let proxy: KubeProxy
  const clients: Client[] = []

  beforeAll(async () => {
    await bundle()
    network = await startNetwork()
    plane = await startControlPlane({ address: network.root })
    proxy = await startKubeProxy(plane, network)
  })

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.stop()))
  })

  // Both may be missing: a failed beforeAll does not keep jest from this.
  afterAll(async () => {
    await (network as Network | undefined)?.stop()
    await (plane as ControlPlane | undefined)?.stop()
  })

  /** An outside host of this test's own whose server listens on 8080. */
  async function outsideHost(): Promise<OutsideHost> {
    const host = await network.addHost()
    await startServer(host, 8080)
    return host
  }

  /** Declares this one service, dual-stack, its port 80 leading to 8080, and writes it. */
  async function sync(namespace: string, service: { readonly targets: readonly object[]; readonly port?: string }, dns?: DnsServer): Promise<Ran> {
    const { targets, port = 'http' } = service
    const db = { name: 'db', ipFamilyPolicy: 'RequireDualStack', ports: [{ name: port, port: 80, targetPort: 8080 }], targets, healthCheck: check }
    const resolver = dns === undefined ? {} : { resolver: { nameservers: [dns.address], timeoutSeconds: 4 } }
    return registrar(['sync', '-c', '-', '-o', 'json', '--cluster-cidrs', podRanges], configText({ services: [db], ...resolver }, namespace), plane.kubeconfig)
  }

  /** Clients of the Service's ClusterIPs in the pod, IPv4 and IPv6, each with a new connection every 20 ms, once all of them come to these hosts. */
  async function podClients(namespace: string, ...hosts: readonly OutsideHost[]): Promise<readonly [Client, Client]> {
    const { body } = await raw('GET', `/api/v1/namespaces/${namespace}/services/db`, undefined, { to: plane })
    const [ipv4 = '', ipv6 = ''] = (body as Service).spec.clusterIPs ?? []
    const both = await Promise.all([startClient(network.pod.namespace, ipv4, 80), startClient(network.pod.namespace, ipv6, 80)] as const)
    clients.push(...both)
    await eventuallyAt(both, ...hosts)
    for (const client of both) client.forget()
    return both
  }

  async function mergePatch(path: string, change: object): Promise<void> {
    const { status } = await raw('PATCH', path, change, { to: plane, headers: { 'content-type': 'application/merge-patch+json' } })
    expect(status).toBe(200)
  }

  test('port 80 leads to port 8080 of both outside hosts, over IPv4 and IPv6, with the pod as the sender', async () => {
    const namespace = await testNamespace(plane)
    const [a, b] = [await outsideHost(), await outsideHost()]
    expect(await sync(namespace, { targets: addressesOf(a, b) })).toMatchObject({ code: 0 })
    const [ipv4, ipv6] = await podClients(namespace, a, b)
    expect((await ipv4.more(1))[0]).toMatchObject({ from: network.pod.ipv4 })
    expect((await ipv6.more(1))[0]).toMatchObject({ from: network.pod.ipv6 })
  })

  test('after the sync that finds a host dead, new connections go to the other', async () => {
    const namespace = await testNamespace(plane)
    const [a, b] = [await outsideHost(), await outsideHost()]
    await sync(namespace, { targets: addressesOf(a, b) })
    const pod = await podClients(namespace, a, b)
    await b.silence()
    const ran = await sync(namespace, { targets: addressesOf(a, b) })
    expect(ran.code).toBe(0)
    const notReady = ran.service('db').addresses.filter(({ published }) => published === 'notReady').map(({ address }) => address)
    expect(notReady.sort()).toEqual([b.ipv4, b.ipv6].sort())
    await eventuallyAt(pod, a)
  })

  test('a renamed port and a moved host fail no connection', async () => {
    const namespace = await testNamespace(plane)
    const [a, b] = [await outsideHost(), await outsideHost()]
    await sync(namespace, { targets: addressesOf(a) })
    const pod = await podClients(namespace, a)

    expect(await sync(namespace, { targets: addressesOf(a), port: 'web' })).toMatchObject({ code: 0 })
    await eventually(async () => { expect(await proxy.portsOf(namespace, 'db')).toEqual(['web']) })
    expect(await sync(namespace, { targets: addressesOf(b), port: 'web' })).toMatchObject({ code: 0 })
    await eventuallyAt(pod, b)
    expect(pod.flatMap((client) => client.failures())).toEqual([])
  })

  // What the order of writes is for, and the proof that these clients notice. Ten renames written this way with nothing in between
  // refused 31 to 54 of the IPv4 client's connections each, about a second: kube-proxy brings changes together that long.
  test('a rename with the Service written first refuses connections until its slices follow', async () => {
    const namespace = await testNamespace(plane)
    const host = await outsideHost()
    await sync(namespace, { targets: addressesOf(host) })
    const pod = await podClients(namespace, host)

    await mergePatch(`/api/v1/namespaces/${namespace}/services/db`, { spec: { ports: [{ name: 'web', port: 80, targetPort: 8080 }] } })
    for (const client of pod) await eventually(async () => { expect((await client.more(1))[0]).toMatchObject({ error: 'ECONNREFUSED' }) })
    const slices = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`
    const { body } = await raw('GET', slices, undefined, { to: plane })
    for (const { metadata } of (body as { items: readonly EndpointSlice[] }).items) {
      await mergePatch(`${slices}/${metadata.name}`, { ports: [{ name: 'web', port: 8080 }] })
    }
    await eventuallyAt(pod, host)
  })

  test('while DNS is silent the Service goes on leading to the host', async () => {
    const namespace = await testNamespace(plane)
    const host = await outsideHost()
    const dns = await startDnsServer()
    try {
      dns.host('db.example.com', [host.ipv4, host.ipv6])
      expect(await sync(namespace, { targets: [{ host: 'db.example.com' }] }, dns)).toMatchObject({ code: 0 })
      const pod = await podClients(namespace, host)
      for (const type of ['A', 'AAAA'] as const) dns.answer('db.example.com', type, silence())
      const ran = await sync(namespace, { targets: [{ host: 'db.example.com' }] }, dns)
      expect(ran.service('db').status).toBe('kept')
      // As long as kube-proxy waits to bring changes together, and more.
      await Promise.all(pod.map((client) => client.more(100)))
      expect(pod.flatMap((client) => client.failures())).toEqual([])
    } finally {
      await dns.stop()
    }
  })
})

function addressesOf(...hosts: readonly OutsideHost[]): readonly { readonly address: string }[] {
  return hosts.flatMap(({ ipv4, ipv6 }) => [{ address: ipv4 }, { address: ipv6 }])
}

/** Until 40 connections in a row of each client have come to these hosts and to no other. */
async function eventuallyAt(pod: readonly Client[], ...hosts: readonly OutsideHost[]): Promise<void> {
  const names = hosts.map(({ name }) => name).sort()
  await Promise.all(pod.map((client) => eventually(async () => {
    const ends = new Set((await client.more(40)).map(({ host, error }) => host ?? error))
    expect([...ends].sort()).toEqual(names)
  })))
}
