// The end of an instance, and who may bring it about.

import { expect, test } from '@jest/globals'
import { describeCluster } from '../harness/describe-cluster.ts'
import { raw } from '../harness/raw.ts'
import { testNamespace } from '../harness/test-namespace.ts'
import { find, live, make, newStage, readyAddresses, service, versions } from './stage.ts'

describeCluster('remove', () => {
  test('deletes all of this instance, declared or not, and releases what was adopted', async () => {
    const { namespace, run, sync } = await newStage()
    const elsewhere = await testNamespace()
    await make('Service', namespace, { metadata: { name: 'adopted' }, spec: { ports: [{ name: 'main', port: 80 }] } })
    await make('Service', namespace, { metadata: { name: 'by-hand' }, spec: { ports: [{ port: 80 }] } })
    const config = [service('db'), service('adopted', { adopt: true })]
    await sync([...config, service('far', { namespace: elsewhere })])

    const { code, json, service: said } = await run('remove', config, '--yes', '-o', 'json')
    expect([code, json.verb, said('db').status, said('far').status, said('adopted').status]).toEqual([0, 'remove', 'removed', 'removed', 'released'])
    const left = Object.keys(await versions(namespace)).filter((key) => key.startsWith('Service/'))
    expect([left, await versions(elsewhere)]).toEqual([['Service/adopted', 'Service/by-hand'], {}])
    expect(await readyAddresses(namespace, 'adopted')).toEqual(['192.0.2.10'])
    expect((await live('Service', namespace, 'adopted')).metadata.labels ?? {}).toEqual({})
    expect((await run('remove', config, '--yes')).stdout).toBe(`Nothing of instance ${namespace} is there\n`)
  })

  test('goes past the guard, and only so far as -n and --service say', async () => {
    const { namespace, run, sync } = await newStage()
    const config = Array.from({ length: 12 }, (_, index) => service(`db-${index}`))
    await sync(config)
    expect((await run('remove', config, '--yes', '--service', 'db-3')).code).toBe(0)
    expect([await find('Service', namespace, 'db-3'), (await find('Service', namespace, 'db-4'))?.metadata.name]).toEqual([undefined, 'db-4'])
    expect((await run('remove', config, '--yes', '-n', namespace)).code).toBe(0)
    expect(await versions(namespace)).toEqual({})
  })

  test('needs --yes where it cannot ask, and writes nothing for --dry-run', async () => {
    const { namespace, run, sync } = await newStage()
    await sync([service('db')])
    const before = await versions(namespace)
    const asked = await run('remove', [service('db')])
    expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining('give --yes')])
    expect((await run('remove', [service('db')], '--dry-run=client')).stdout).toContain('delete Service db')
    expect((await run('remove', [service('db')], '--yes', '--dry-run=server')).code).toBe(0)
    expect(await versions(namespace)).toEqual(before)
  })
})

describeCluster('A lease that a controller holds', () => {
  async function lease(namespace: string, spec: object): Promise<void> {
    const { status } = await raw('POST', `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`, { metadata: { name: `endpoint-registrar-${namespace}` }, spec })
    expect(status).toBe(201)
  }

  test('keeps sync and remove away, but for --force; plan only looks', async () => {
    const { namespace, run, sync, plan } = await newStage()
    await sync([service('db')])
    await lease(namespace, { holderIdentity: 'controller-1', leaseDurationSeconds: 60, renewTime: new Date().toISOString().replace('Z', '000Z') })
    const before = await versions(namespace)
    const changed = [service('db', { targets: [{ address: '192.0.2.11' }] })]
    for (const refused of [await sync(changed), await sync(changed, '--dry-run=server'), await run('remove', changed, '--yes')]) {
      expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('the lease is held by controller-1')])
    }
    expect((await plan(changed)).code).toBe(1)
    expect((await sync(changed, '--dry-run=client')).code).toBe(0)
    expect(await versions(namespace)).toEqual(before)
    expect((await sync(changed, '--force')).code).toBe(0)
    expect(await readyAddresses(namespace, 'db')).toEqual(['192.0.2.11'])
    expect((await run('remove', changed, '--yes', '--force')).code).toBe(0)
  })

  test('lets everybody in once it is released, or of another instance', async () => {
    const { namespace, sync } = await newStage()
    await lease(namespace, { holderIdentity: '', leaseDurationSeconds: 1, renewTime: new Date().toISOString().replace('Z', '000Z') })
    expect((await sync([service('db')])).code).toBe(0)
  })
})
