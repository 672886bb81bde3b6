// A cluster in which nobody mirrors Endpoints and nobody collects garbage: what the controllers would do soon is not done.

import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type EndpointSlice, type Kind, type ManagedObject } from '../../../src/model/objects.ts'
import { type ControlPlane, startControlPlane } from '../harness/control-plane.ts'
import { describeClusterWith } from '../harness/describe-cluster.ts'
import { raw } from '../harness/raw.ts'
import { testNamespace } from '../harness/test-namespace.ts'
import { registrar } from './registrar.ts'
import { at, collectionOf, type Config, configText, service } from './stage.ts'

describeClusterWith(['own'], 'sync', () => {
  let plane: ControlPlane
  beforeAll(async () => { plane = await startControlPlane({ controllerManager: false }) })
  // It may be missing: a failed beforeAll does not keep jest from this.
  afterAll(() => (plane as ControlPlane | undefined)?.stop())

  const sync = (namespace: string, config: Config): ReturnType<typeof registrar> =>
    registrar(['sync', '-c', '-', '-o', 'json', '--no-probe'], configText(config, namespace), plane.kubeconfig)
  const items = async <Found extends ManagedObject>(kind: Kind, namespace: string): Promise<readonly Found[]> =>
    ((await raw('GET', collectionOf(kind, namespace), undefined, { to: plane })).body as { items: Found[] }).items

  test('makes anew what still names the Service of before', async () => {
    const namespace = await testNamespace(plane)
    await sync(namespace, [service('db')])
    const [old] = await items('Service', namespace)
    await raw('DELETE', `${collectionOf('Service', namespace)}/db`, undefined, { to: plane })
    const again = { metadata: { name: 'db', labels: old?.metadata.labels }, spec: { ports: [{ name: 'main', port: 80, targetPort: 8080 }] } }
    await raw('POST', collectionOf('Service', namespace), again, { to: plane })
    expect((await sync(namespace, [service('db')])).code).toBe(0)
    const [now] = await items('Service', namespace)
    expect(now?.metadata.uid).not.toBe(old?.metadata.uid)
    const dependents = [...await items('EndpointSlice', namespace), ...await items('Endpoints', namespace)]
    expect(dependents.map(({ metadata }) => metadata.ownerReferences?.map((owner) => owner.uid))).toEqual([[now?.metadata.uid], [now?.metadata.uid]])
    expect((await sync(namespace, [service('db')])).json.services.flatMap(({ changes }) => changes)).toEqual([])
  })

  test('keeps its slices where publish: endpoints is not mirrored, and says why', async () => {
    const namespace = await testNamespace(plane)
    await sync(namespace, { publish: 'both', services: [service('db')] })
    const { service: said } = await sync(namespace, { publish: 'endpoints', services: [service('db', at('192.0.2.10', '192.0.2.11'))] })
    expect(said('db').messages).toEqual(['No mirrored EndpointSlice after 10 s: this cluster may not mirror Endpoints'])
    const slices = await items<EndpointSlice>('EndpointSlice', namespace)
    expect(slices.flatMap(({ endpoints }) => endpoints ?? []).map(({ addresses }) => addresses[0])).toContain('192.0.2.10')
  })
})
