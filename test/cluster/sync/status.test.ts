// `status` and `explain` where no controller answers: what the objects in the cluster say.

import { expect, test } from '@jest/globals'
import { describeCluster } from '../harness/describe-cluster.ts'
import { type Ran, registrar } from './registrar.ts'
import { make, newStage, service, type Stage } from './stage.ts'

// Nobody listens there.
const admin = ['--admin', '127.0.0.1:9']

function ask(verb: string, { namespace, kubeconfig }: Stage, ...flags: readonly string[]): Promise<Ran> {
  return registrar([verb, ...flags, ...admin, '--instance', namespace], '', kubeconfig)
}

describeCluster('what the objects say', () => {
  test('is what was written, of this instance alone, and that no controller answered', async () => {
    const stage = await newStage()
    const { namespace, sync } = stage
    await sync([service('db', { targets: [{ address: '192.0.2.10' }, { address: '192.0.2.11', drain: true }] }), service('api')])
    await make('Service', namespace, { metadata: { name: 'foreign' }, spec: { ports: [{ port: 80 }] } })
    const { code, stdout } = await ask('status', stage)
    expect(code).toBe(0)
    expect(stdout).toContain('! No controller answers at 127.0.0.1:9')
    expect(stdout).toMatch(new RegExp(`${namespace}/db +published +1/2`))
    expect(stdout).toMatch(new RegExp(`${namespace}/api +published +1/1`))
    expect(stdout).not.toContain('foreign')
    const { json } = await ask('explain', stage, `${namespace}/db`, '-o', 'json')
    expect(json).toMatchObject({
      verb: 'explain', source: 'cluster', exitCode: 0,
      services: [{ name: 'db', status: 'published', addresses: [
        { address: '192.0.2.10', published: 'ready', verdict: 'ready' }, { address: '192.0.2.11', published: 'notReady', verdict: 'ready' },
      ] }],
    })
  })

  test('needs no more than the namespace that is asked for', async () => {
    const namespaced = [
      { apiGroups: [''], resources: ['namespaces'], verbs: ['get', 'list'] }, { apiGroups: [''], resources: ['services', 'endpoints'], verbs: ['get', 'list', 'create', 'update'] },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['get', 'list', 'create', 'update'] },
    ]
    const stage = await newStage({ rules: namespaced })
    await stage.sync([service('db')], '--no-prune', '--force')
    const { code, stdout } = await ask('status', stage, '-n', stage.namespace)
    expect(stdout).toMatch(/\/db +published/)
    expect(code).toBe(0)
    expect((await ask('status', stage)).stdout).toContain('Other namespaces could not be searched')
  })

  test('of a service that nobody knows is a mistake', async () => {
    const stage = await newStage()
    const { code, stderr } = await ask('explain', stage, `${stage.namespace}/nobody`)
    expect([code, stderr]).toEqual([2, expect.stringContaining(`No service ${stage.namespace}/nobody is known`)])
  })
})
