// Starts all of it, in the network of this process: control plane, name server, targets, oracle, two registrars.

import { cp } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { bundle } from '../cluster/sync/bundle.ts'
import { shippedRules } from '../cluster/sync/stage.ts'
import { raw } from '../cluster/harness/raw.ts'
import { testUser } from '../cluster/harness/test-user.ts'
import { startDnsServer } from '../support/dns-server.ts'
import { byHand as newByHand, type ByHand, collectionOf } from './by-hand.ts'
import { newConfigFolder } from './config-folder.ts'
import { type FaultyControlPlane, startControlPlane } from './control-plane.ts'
import { startFaultProxy } from './fault-proxy.ts'
import { newOneShot } from './one-shot.ts'
import { startOracle } from './oracle.ts'
import { newRegistrar, type Registrar } from './registrar-process.ts'
import { newTargets } from './targets.ts'
import { becomesTrue, configFiles, instance, moveTo, namespaces, type World } from './world.ts'
import { newServices, targetPort } from './world-service.ts'

const startMs = 120_000

/** Resolves when everything that is declared is true in the cluster. `crashed` is told of a registrar that ends by itself. */
export async function startWorld(dir: string, crashed: (what: string) => void): Promise<World> {
  const [plane, dns, shipped] = await Promise.all([startControlPlane(dir), startDnsServer(), ownBundle(dir)])
  const byHand = newByHand(plane.quiet)
  for (const name of Object.values(namespaces)) await byHand.make('/api/v1/namespaces', { metadata: { name } })
  const services = newServices(namespaces)
  const targets = newTargets(targetPort)
  for (const service of services.filter(({ namespace }) => namespace !== namespaces.oneShot)) {
    for (const address of service.servers) await targets.open(address)
  }
  for (const service of services) moveTo({ dns, targets }, service, service.members)
  await makeForeign(byHand)
  const oracle = await startOracle({ to: plane.quiet, services, byHand, leaseNamespace: namespaces.main, leaseName: `endpoint-registrar-${instance}` })
  oracle.guardForeign()
  const oneShotServices = services.filter(({ namespace }) => namespace === namespaces.oneShot)
  const oneShot = await newOneShot({ dir, bundle: shipped, proxy: await proxyFor(plane), services: oneShotServices, wasDownSince: (at) => plane.wasServedDownSince(at) })
  const registrars: Registrar[] = []
  for (const slot of ['a', 'b']) {
    const config = await newConfigFolder(join(dir, slot, 'config'), configFiles(services, dns))
    registrars.push(await newRegistrar({ slot, dir, bundle: shipped, proxy: await proxyFor(plane), config, leaseNamespace: namespaces.main, crashed }))
  }
  const world: World = { services, dns, targets, plane, byHand, oracle, registrars, oneShot }
  for (const { start } of registrars) start()
  await oneShot.pass()
  const lack = await becomesTrue(world, () => services, startMs)
  if (lack !== undefined) throw new Error(`The world did not become true: ${lack}`)
  return world
}

/** As shipped, and as it is now: a run of half an hour is about one version. */
async function ownBundle(dir: string): Promise<string> {
  const copy = join(dir, 'dist')
  await cp(dirname(await bundle()), copy, { recursive: true })
  await cp(new URL('../../package.json', import.meta.url), join(dir, 'package.json'))
  return join(copy, 'main.js')
}

/** For a user of its own with the rights of deploy/rbac.yaml. */
async function proxyFor({ quiet, served }: FaultyControlPlane): ReturnType<typeof startFaultProxy> {
  const { token } = await testUser(namespaces.main, { clusterRules: await shippedRules() }, quiet)
  // The authorizers of both servers hear of it by a watch.
  for (const deadline = performance.now() + 20_000; performance.now() < deadline;) {
    const { status } = await raw('GET', `${collectionOf('Service', namespaces.other)}?limit=1`, undefined, { to: { ...served, token } })
    if (status === 200) break
  }
  return startFaultProxy(served, token)
}

/** What is not ours, and looks as if it were in all ways but one. */
async function makeForeign(byHand: ByHand): Promise<void> {
  const ports = [{ name: 'main', port: 80, protocol: 'TCP' }]
  const labels = { 'app.kubernetes.io/managed-by': 'endpoint-registrar' }
  for (const namespace of [namespaces.main, namespaces.other]) {
    await byHand.make(collectionOf('Service', namespace), { metadata: { name: 'by-hand' }, spec: { ports } })
    await byHand.make(collectionOf('Service', namespace), { metadata: { name: 'lookalike', labels }, spec: { ports } })
    await byHand.make(collectionOf('Service', namespace), { metadata: { name: 'of-another', labels: { ...labels, 'endpoint-registrar.io/instance': 'another' } }, spec: { ports } })
    for (const [name, managedBy] of [['by-hand', 'somebody-else'], ['of-another', 'endpoint-registrar.io']] as const) {
      await byHand.make(collectionOf('EndpointSlice', namespace), {
        metadata: { name: `${name}-1`, labels: { 'kubernetes.io/service-name': name, 'endpointslice.kubernetes.io/managed-by': managedBy } },
        addressType: 'IPv4', endpoints: [{ addresses: ['198.18.252.1'] }], ports: [{ name: 'main', port: 80, protocol: 'TCP' }],
      })
    }
  }
}
