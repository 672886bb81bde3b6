// A Service that goes and comes: by hand, or by --recreate.

import { expect, test } from '@jest/globals'
import { describeCluster, describeClusterWith } from '../harness/describe-cluster.ts'
import { eventually } from '../harness/eventually.ts'
import { destroy, find, live, make, newStage, readyAddresses, service, slicesOf, versions } from './stage.ts'

const clusterIP = service('db', { ports: [{ name: 'main', port: 8080 }] })
const headless = { ...clusterIP, type: 'Headless', ipFamilyPolicy: 'SingleStack' }
const narrow = { ...clusterIP, ipFamilyPolicy: 'SingleStack' }

describeClusterWith(['controllerManager'], 'sync', () => {
  test('gives a Service re-created by hand its slices and Endpoints back, under the new uid, and they stay', async () => {
    const { namespace, sync } = await newStage()
    await sync([service('db')])
    const { metadata: { labels, uid: before } } = await live('Service', namespace, 'db')
    await destroy('Service', namespace, 'db')
    const { metadata: { uid } } = await make('Service', namespace, { metadata: { name: 'db', labels }, spec: { ports: [{ name: 'main', port: 80, targetPort: 8080 }] } })
    expect(uid).not.toBe(before)
    // Some of the old may still be there when we look: the garbage collector needs its time.
    const { code } = await sync([service('db')])
    expect([0, 4]).toContain(code)
    const ownersOf = async (): Promise<unknown> => {
      const endpoints = await find('Endpoints', namespace, 'db')
      return [...await slicesOf(namespace, 'db'), ...(endpoints === undefined ? [] : [endpoints])]
        .map(({ metadata }) => [metadata.name, metadata.ownerReferences?.map((owner) => owner.uid)])
    }
    // What the garbage collector would take, it has taken once a dependent of the old uid that we plant is gone.
    await make('EndpointSlice', namespace, {
      metadata: { name: 'control', ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name: 'db', uid: before }] }, addressType: 'IPv4', endpoints: [], ports: [],
    })
    await eventually(async () => { expect(await find('EndpointSlice', namespace, 'control')).toBeUndefined() })
    expect((await sync([service('db')])).code).toBe(0)
    expect(await ownersOf()).toEqual([[expect.stringMatching(/^db-ipv4-\d$/), [uid]], ['db', [uid]]])
    expect(await readyAddresses(namespace, 'db')).toEqual(['192.0.2.10'])
  })
})

describeCluster('--recreate', () => {
  test.each([['ClusterIP to Headless', narrow, headless], ['Headless to ClusterIP', headless, narrow]])('changes %s by delete and create, and only when told to', async (what, from, to) => {
    const { namespace, sync } = await newStage()
    await sync([from, service('other')])
    const before = await versions(namespace)
    const { metadata: { uid } } = await live('Service', namespace, 'db')

    const refused = await sync([to, service('other')])
    expect([refused.code, refused.service('db').status, refused.service('db').messages]).toEqual([
      4, 'refused', [`${what} needs delete and create, an outage between the two: --recreate does it`],
    ])
    expect(await versions(namespace)).toEqual(before)

    expect((await sync([to, service('other')], '--recreate')).code).toBe(0)
    const { metadata, spec } = await live('Service', namespace, 'db')
    expect([metadata.uid === uid, spec.clusterIP === 'None']).toEqual([false, to === headless])
    expect((await slicesOf(namespace, 'db')).map(({ metadata: { ownerReferences } }) => ownerReferences?.map((owner) => owner.uid))).toEqual([[metadata.uid]])
    expect((await live('Endpoints', namespace, 'db')).metadata.ownerReferences?.map((owner) => owner.uid)).toEqual([metadata.uid])
    expect(await readyAddresses(namespace, 'db')).toEqual(['192.0.2.10'])
    expect((await sync([to, service('other')])).json.services.flatMap(({ changes }) => changes)).toEqual([])
  })
})
