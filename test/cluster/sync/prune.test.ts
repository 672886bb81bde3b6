// What is deleted, when, and what keeps from it.

import { expect, test } from '@jest/globals'
import { describeCluster, describeClusterWith } from '../harness/describe-cluster.ts'
import { eventually } from '../harness/eventually.ts'
import { raw } from '../harness/raw.ts'
import { testNamespace } from '../harness/test-namespace.ts'
import { at, collectionOf, destroy, find, live, make, newStage, patch, service, type ServiceConfig, slicesOf, versions } from './stage.ts'

async function servicesIn(namespace: string): Promise<readonly string[]> {
  const { body } = await raw('GET', collectionOf('Service', namespace))
  return (body as { items: { metadata: { name: string } }[] }).items.map(({ metadata }) => metadata.name).sort()
}

function numbered(count: number): readonly ServiceConfig[] {
  return Array.from({ length: count }, (_, index) => service(`db-${index}`))
}

describeCluster('prune', () => {
  test('deletes a service that is no longer declared, with its slices and Endpoints', async () => {
    const { namespace, sync } = await newStage()
    await sync([service('db'), service('old')])
    const { code, service: outline } = await sync([service('db')])
    expect([code, outline('old').status]).toEqual([0, 'removed'])
    expect(Object.keys(await versions(namespace)).sort()).toEqual(['EndpointSlice/db-ipv4-1', 'Endpoints/db', 'Service/db'])
  })

  test('leaves alone what is not of this instance', async () => {
    const [mine, theirs] = [await newStage(), await newStage()]
    await theirs.sync([service('theirs', { namespace: mine.namespace })])
    await make('Service', mine.namespace, { metadata: { name: 'by-hand' }, spec: { ports: [{ port: 80 }] } })
    const before = await versions(mine.namespace)
    await mine.sync([service('db'), service('old')])
    expect((await mine.sync([service('db')])).code).toBe(0)
    const after = await versions(mine.namespace)
    expect(after).toMatchObject(before)
    expect(Object.keys(after).filter((key) => before[key] === undefined).sort()).toEqual(['EndpointSlice/db-ipv4-1', 'Endpoints/db', 'Service/db'])
  })

  test('is not done with --no-prune, nor with --service, and in other namespaces not with -n', async () => {
    const { namespace, sync } = await newStage()
    const elsewhere = await testNamespace()
    await sync([service('db'), service('old'), service('far', { namespace: elsewhere })])
    for (const flags of [['--no-prune'], ['--service', 'db']]) expect((await sync([service('db')], ...flags)).code).toBe(0)
    expect([await servicesIn(namespace), await servicesIn(elsewhere)]).toEqual([['db', 'old'], ['far']])
    await sync([service('db')], '-n', namespace)
    expect([await servicesIn(namespace), await servicesIn(elsewhere)]).toEqual([['db'], ['far']])
  })

  test('finds what is left in a namespace that is not declared any more', async () => {
    const { namespace, sync } = await newStage()
    const elsewhere = await testNamespace()
    await sync([service('db'), service('far', { namespace: elsewhere })])
    const { code, service: outline } = await sync([service('db')])
    expect([code, outline('far').status, await servicesIn(elsewhere), await servicesIn(namespace)]).toEqual([0, 'removed', [], ['db']])
  })

  test('never follows a fault in the config, nor an empty list', async () => {
    const { namespace, sync } = await newStage()
    await sync([service('db'), service('old')])
    const before = await versions(namespace)
    expect((await sync([service('db', { nonsense: true })])).code).toBe(2)
    expect((await sync([])).code).toBe(2)
    expect(await versions(namespace)).toEqual(before)
  })

  test('waits where the successor cannot be made, and goes on in other namespaces', async () => {
    const { namespace, sync } = await newStage()
    const elsewhere = await testNamespace()
    await sync([service('before'), service('far', { namespace: elsewhere }), service('far-stays', { namespace: elsewhere })])
    // The successor's name is taken by somebody else.
    await make('Service', namespace, { metadata: { name: 'after' }, spec: { ports: [{ port: 80 }] } })
    const { code, service: outline } = await sync([service('after'), service('far-stays', { namespace: elsewhere })])
    expect([code, outline('after').status, outline('before').status, outline('far').status]).toEqual([4, 'refused', 'withheld', 'removed'])
    expect(await servicesIn(namespace)).toEqual(['after', 'before'])
  })

  test('waits for a successor whose DNS has not answered yet', async () => {
    const { namespace, sync } = await newStage()
    await sync([service('before')])
    const config = { resolver: { nameservers: ['127.0.0.1:9'], timeoutSeconds: 1 }, services: [service('after', { targets: [{ host: 'db.example.com' }] })] }
    const { code, service: outline } = await sync(config)
    expect([code, outline('after').status, outline('before').status]).toEqual([4, 'kept', 'withheld'])
    expect(await servicesIn(namespace)).toEqual(['after', 'before'])
    expect((await live('Service', namespace, 'after')).spec.clusterIP).toMatch(/^\d/)
  })

  test('spares a service that a person paused or gave a selector', async () => {
    const { namespace, sync } = await newStage()
    await sync([service('db'), service('paused'), service('selected')])
    await patch('Service', namespace, 'paused', { metadata: { annotations: { 'endpoint-registrar.io/paused': 'true' } } })
    await patch('Service', namespace, 'selected', { spec: { selector: { app: 'x' } } })
    const { service: outline } = await sync([service('db')])
    expect([outline('paused').status, outline('selected').status]).toEqual(['withheld', 'withheld'])
    expect(await servicesIn(namespace)).toEqual(['db', 'paused', 'selected'])
  })
})

describeCluster('guard', () => {
  test('withholds 9 deletions of 10 and nothing else; --allow-deletes carries them out', async () => {
    const { namespace, sync, plan } = await newStage()
    await sync(numbered(10))
    const config = [service('db-0', at('192.0.2.99')), service('new')]
    expect((await plan(config)).code).toBe(3)
    const { code, json, service: outline } = await sync(config)
    expect([code, json.guard]).toEqual([3, { deletions: 9, owned: 10, maxDeletePercent: 30 }])
    expect([outline('db-0').status, outline('new').status, outline('db-1').status]).toEqual(['done', 'done', 'withheld'])
    expect(await servicesIn(namespace)).toHaveLength(11)
    expect((await live('Endpoints', namespace, 'db-0')).subsets?.[0]?.addresses).toEqual([{ ip: '192.0.2.99' }])
    expect((await sync(config, '--allow-deletes')).code).toBe(0)
    expect(await servicesIn(namespace)).toEqual(['db-0', 'new'])
  })

  test.each([[4, 3], [3, 0]])('of 10 Services lets 3 go and not 4: %i deletions, exit %i', async (deletions, expected) => {
    const { namespace, sync } = await newStage()
    await sync(numbered(10))
    expect((await sync(numbered(10 - deletions))).code).toBe(expected)
    expect(await servicesIn(namespace)).toHaveLength(expected === 0 ? 10 - deletions : 10)
  })

  test('says nothing below 10 Services', async () => {
    const { namespace, sync } = await newStage()
    await sync(numbered(9))
    expect((await sync(numbered(1))).code).toBe(0)
    expect(await servicesIn(namespace)).toEqual(['db-0'])
  })

  test('counts what --recreate deletes', async () => {
    const { namespace, sync } = await newStage()
    await sync(numbered(10))
    const before = await versions(namespace)
    const headless = numbered(10).map((each) => ({ ...each, type: 'Headless', ports: [{ name: 'main', port: 8080 }] }))
    const { code, json } = await sync(headless, '--recreate')
    expect([code, json.guard?.deletions]).toEqual([3, 10])
    expect(await versions(namespace)).toEqual(before)
  })
})

describeClusterWith(['controllerManager'], 'sync', () => {
  test('cleans away slices that kubectl delete --cascade=orphan left', async () => {
    const { namespace, sync } = await newStage()
    await sync([service('db'), service('old')])
    await destroy('Service', namespace, 'old', 'Orphan')
    await eventually(async () => {
      expect((await slicesOf(namespace, 'old')).map(({ metadata }) => metadata.ownerReferences ?? [])).toEqual([[]])
    })
    const { code, service: outline } = await sync([service('db')])
    expect([code, outline('old').status]).toEqual([0, 'removed'])
    expect(await slicesOf(namespace, 'old')).toEqual([])
    expect(await find('Endpoints', namespace, 'old')).toBeUndefined()
  })

  test('gives orphaned slices of a service that is still declared to the new Service', async () => {
    const { namespace, sync } = await newStage()
    await sync([service('db')])
    await destroy('Service', namespace, 'db', 'Orphan')
    await eventually(async () => { expect((await slicesOf(namespace, 'db'))[0]?.metadata.ownerReferences ?? []).toEqual([]) })
    expect((await sync([service('db')])).code).toBe(0)
    const { metadata: { uid } } = await live('Service', namespace, 'db')
    expect((await slicesOf(namespace, 'db')).map(({ metadata }) => metadata.ownerReferences?.map((owner) => owner.uid))).toEqual([[uid]])
    expect((await live('Endpoints', namespace, 'db')).metadata.ownerReferences?.map((owner) => owner.uid)).toEqual([uid])
  })
})
