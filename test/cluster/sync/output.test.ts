// `-o json` is what docs/output.md says: a tool that reads it must not be surprised.

import { expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { z } from 'zod'
import { describeCluster } from '../harness/describe-cluster.ts'
import { make, newStage, service } from './stage.ts'

const change = z.strictObject({
  verb: z.enum(['create', 'update', 'delete']), kind: z.enum(['Service', 'EndpointSlice', 'Endpoints']),
  namespace: z.string(), name: z.string(), summary: z.array(z.string()),
})
const address = z.strictObject({
  address: z.string(), family: z.enum(['IPv4', 'IPv6']), ports: z.record(z.string(), z.int()), hosts: z.array(z.string()),
  published: z.enum(['ready', 'notReady', 'out']), verdict: z.enum(['ready', 'unready', 'unprobed']), reason: z.string(),
})
const document = z.strictObject({
  verb: z.enum(['plan', 'sync', 'remove']), exitCode: z.int(),
  services: z.array(z.strictObject({
    namespace: z.string(), name: z.string(),
    status: z.enum(['planned', 'done', 'kept', 'refused', 'failed', 'paused', 'withheld', 'removed', 'released']),
    messages: z.array(z.string()), changes: z.array(change), addresses: z.array(address),
  })),
  notes: z.array(z.string()),
  guard: z.strictObject({ deletions: z.int(), owned: z.int(), maxDeletePercent: z.number() }).optional(),
})

describeCluster('-o json', () => {
  test('has the documented shape and the exit code, whatever comes of the services', async () => {
    const { namespace, sync, plan, run } = await newStage()
    const many = Array.from({ length: 10 }, (_, index) => service(`db-${index}`))
    await sync(many)
    await make('Service', namespace, { metadata: { name: 'foreign' }, spec: { ports: [{ port: 80 }] } })
    const config = {
      resolver: { nameservers: ['127.0.0.1:9'], timeoutSeconds: 1 },
      services: [
        service('db-0', { targets: [{ address: '192.0.2.10' }, { address: '192.0.2.11', drain: true }, { address: '2001:db8::1' }] }),
        service('db-1', { paused: true }), service('foreign'), service('silent', { targets: [{ host: 'db.example.com' }] }), service('v6', { targets: [{ address: '2001:db8::1' }] }),
      ],
    }
    const seen = new Set<string>()
    for (const ran of [await plan(config), await sync(config), await sync(config, '--allow-deletes'), await run('remove', config, '--yes', '-o', 'json')]) {
      expect(document.parse(ran.json).exitCode).toBe(ran.code)
      for (const { status } of ran.json.services) seen.add(status)
    }
    expect([...seen].sort()).toEqual(['done', 'failed', 'kept', 'paused', 'planned', 'refused', 'removed', 'withheld'])
  })

  test('is a document too where there is nothing to remove', async () => {
    const { run } = await newStage()
    const { code, json } = await run('remove', [service('db')], '--yes', '-o', 'json')
    expect([code, document.parse(json)]).toEqual([0, { verb: 'remove', exitCode: 0, services: [], notes: [] }])
  })

  test('and -o yaml say the same', async () => {
    const { run } = await newStage()
    const [json, yaml] = [await run('plan', [service('db')], '--no-probe', '-o', 'json'), await run('plan', [service('db')], '--no-probe', '-o', 'yaml')]
    expect(parse(yaml.stdout)).toEqual(json.json)
    expect([json.code, json.stderr, json.stdout.includes('\u001b')]).toEqual([1, '', false])
  })
})

describeCluster('-o table', () => {
  test('says each change and each address with its reason, without colour where it is piped', async () => {
    const { namespace, run } = await newStage()
    const config = [service('db', { targets: [{ address: '192.0.2.10' }, { address: '2001:db8::1' }] })]
    const { stdout } = await run('plan', config, '--no-probe')
    expect(stdout).toBe([
      `${namespace}/db`,
      '  + create Service db: ports main 80->8080/TCP',
      '  + create EndpointSlice db-ipv4-1: 192.0.2.10, ports main 8080/TCP',
      '  + create Endpoints db: 192.0.2.10:main=8080',
      '    in   192.0.2.10   8080  ready  declared  not probed',
      '    out  2001:db8::1  8080         declared  Service has no IPv6',
      '',
      '3 to create, 0 to update, 0 to delete in 1 service',
      '',
    ].join('\n'))
  })
})
