// A cluster of one family: where the API server still gives a selectorless headless Service both.

import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type EndpointSlice, type Service } from '../../../src/model/objects.ts'
import { type ControlPlane, startControlPlane } from '../harness/control-plane.ts'
import { describeClusterWith } from '../harness/describe-cluster.ts'
import { raw } from '../harness/raw.ts'
import { testNamespace } from '../harness/test-namespace.ts'
import { registrar } from './registrar.ts'
import { at, collectionOf, type Config, configText, service } from './stage.ts'

describeClusterWith(['own'], 'sync on a cluster of one family', () => {
  let plane: ControlPlane
  beforeAll(async () => { plane = await startControlPlane({ controllerManager: false, serviceRanges: '10.96.0.0/16' }) })
  // It may be missing: a failed beforeAll does not keep jest from this.
  afterAll(() => (plane as ControlPlane | undefined)?.stop())

  const sync = (namespace: string, config: Config): ReturnType<typeof registrar> =>
    registrar(['sync', '-c', '-', '-o', 'json', '--no-probe'], configText(config, namespace), plane.kubeconfig)
  /** The families of the Service, and those of its slices with their addresses. */
  const shapeOf = async (namespace: string): Promise<unknown> => {
    const { body } = await raw('GET', `${collectionOf('Service', namespace)}/db`, undefined, { to: plane })
    const slices = (await raw('GET', collectionOf('EndpointSlice', namespace), undefined, { to: plane })).body as { items: readonly EndpointSlice[] }
    return [(body as Service).spec.ipFamilies, slices.items.map(({ addressType, endpoints }) => [addressType, (endpoints ?? []).flatMap(({ addresses }) => addresses)])]
  }

  const v4 = ['IPv4', ['192.0.2.10']]
  const v6 = ['IPv6', ['2001:db8::10']]
  test.each([
    ['ClusterIP', undefined, [['IPv4'], [v4]], 'out'],
    ['ClusterIP', 'PreferDualStack', [['IPv4'], [v4]], 'out'],
    ['Headless', undefined, [['IPv4', 'IPv6'], [v4, v6]], 'ready'],
    ['Headless', 'SingleStack', [['IPv4'], [v4]], 'out'],
  ])('publishes of a %s Service with policy %s the families that it gets, and writes nothing again', async (type, ipFamilyPolicy, shape, published) => {
    const namespace = await testNamespace(plane)
    const config = [service('db', { type, ipFamilyPolicy, ports: [{ name: 'main', port: 8080 }], ...at('192.0.2.10', '2001:db8::10') })]
    const { code, service: said } = await sync(namespace, config)
    expect([code, said('db').status, said('db').addresses.map((address) => address.published)]).toEqual([0, 'done', ['ready', published]])
    expect(await shapeOf(namespace)).toEqual(shape)
    const again = await sync(namespace, config)
    expect([again.code, again.json.services.flatMap(({ changes }) => changes)]).toEqual([0, []])
  })

  test('fails a Service that requires both families by name', async () => {
    const namespace = await testNamespace(plane)
    const { code, service: said } = await sync(namespace, [service('db', { ipFamilyPolicy: 'RequireDualStack' }), service('other')])
    expect([code, said('db').status, said('other').status]).toEqual([4, 'failed', 'done'])
    expect(said('db').messages).toEqual(['RequireDualStack on a cluster that has IPv4 only'])
  })
})
