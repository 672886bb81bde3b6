// Somebody else writes between our plan and our write.

import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createServer, type Server } from 'node:http'
import { type AddressInfo } from 'node:net'
import { describeCluster } from '../harness/describe-cluster.ts'
import { raw } from '../harness/raw.ts'
import { kubeconfigOf } from './kubeconfig-of.ts'
import { registrar } from './registrar.ts'
import { collectionOf, configText, find, live, newStage, patch, service, slicesOf } from './stage.ts'

/** Called before a request goes on to the API server. */
type Meddle = (method: string, path: string) => Promise<void>

describeCluster('sync, while somebody else writes', () => {
  let proxy: Server
  let meddle: Meddle

  beforeAll(async () => {
    // Between the registrar and the API server: what happens in between happens here.
    proxy = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
        void (async () => {
          const { method = 'GET', url = '/' } = request
          await meddle(method, url)
          const text = Buffer.concat(chunks).toString('utf8')
          const { status, body } = await raw(method, url, text === '' ? undefined : JSON.parse(text))
          response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
        })().catch(() => { response.destroy() })
      })
    })
    await new Promise<void>((resolve) => { proxy.listen(0, '127.0.0.1', resolve) })
  })
  afterAll(async () => { await new Promise((resolve) => { proxy.close(resolve) }) })

  const through = async (namespace: string, config: readonly ReturnType<typeof service>[]): ReturnType<typeof registrar> => {
    const file = await kubeconfigOf(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, 'proxied')
    return registrar(['sync', '-c', '-', '-o', 'json', '--no-probe'], configText(config, namespace), file)
  }

  test('reads and plans again after a conflict: both edits hold', async () => {
    const { namespace, sync } = await newStage()
    await sync([service('db')])
    let conflicts = 0
    meddle = async (method, path) => {
      if (method !== 'PUT' || !path.includes('/services/db') || conflicts === 2) return
      conflicts += 1
      await patch('Service', namespace, 'db', { metadata: { annotations: { [`edit-${conflicts}`]: 'theirs' } } })
    }
    const { code, service: said } = await through(namespace, [service('db', { labels: { team: 'shop' } })])
    expect([code, said('db').status, conflicts]).toEqual([0, 'done', 2])
    const { metadata } = await live('Service', namespace, 'db')
    expect([metadata.labels?.['team'], metadata.annotations?.['edit-1'], metadata.annotations?.['edit-2']]).toEqual(['shop', 'theirs', 'theirs'])
  })

  test('gives up after planning again three times, by name, and goes on with the others', async () => {
    const { namespace, sync } = await newStage()
    await sync([service('db'), service('other')])
    let edits = 0
    meddle = async (method, path) => {
      if (method === 'PUT' && path.includes('/services/db')) await patch('Service', namespace, 'db', { metadata: { annotations: { edit: String(edits += 1) } } })
    }
    const { code, service: said } = await through(namespace, [service('db', { labels: { team: 'shop' } }), service('other', { labels: { team: 'shop' } })])
    expect([code, said('db').status, said('other').status, edits]).toEqual([4, 'failed', 'done', 4])
    expect((await live('Service', namespace, 'db')).metadata.labels?.['team']).toBeUndefined()
  })

  test('never deletes what changed hands between the plan and the write', async () => {
    const { namespace, sync } = await newStage()
    await sync([service('db'), service('old')])
    let isTaken = false
    meddle = async (method, path) => {
      if (method !== 'DELETE' || !path.includes('/services/old') || isTaken) return
      isTaken = true
      await patch('Service', namespace, 'old', { metadata: { labels: { 'endpoint-registrar.io/instance': 'another' } } })
    }
    await through(namespace, [service('db')])
    expect(isTaken).toBe(true)
    expect((await find('Service', namespace, 'old'))?.metadata.labels?.['endpoint-registrar.io/instance']).toBe('another')
  })

  test('never merges a create into a Service that somebody made meanwhile', async () => {
    const { namespace } = await newStage()
    let isMade = false
    meddle = async (method, path) => {
      if (method !== 'POST' || !path.includes('/services') || isMade) return
      isMade = true
      await raw('POST', collectionOf('Service', namespace), { metadata: { name: 'db' }, spec: { selector: { app: 'db' }, ports: [{ port: 1 }] } })
    }
    const { code, service: said } = await through(namespace, [service('db')])
    expect([code, said('db').status]).toEqual([4, 'refused'])
    const found = await live('Service', namespace, 'db')
    expect([found.spec.selector, found.spec.ports?.[0]?.port]).toEqual([{ app: 'db' }, 1])
    expect((await slicesOf(namespace, 'db')).filter(({ metadata }) => metadata.labels?.['endpoint-registrar.io/instance'] !== undefined)).toEqual([])
  })

  test('passes fields on that nobody here knows', async () => {
    const { namespace, sync } = await newStage()
    await sync([service('db')])
    meddle = () => Promise.resolve()
    const known = await live('Service', namespace, 'db')
    expect(known['status']).toEqual({ loadBalancer: {} })
    await raw('PUT', `${collectionOf('Service', namespace)}/db/status`, { ...known, status: { loadBalancer: { ingress: [{ ip: '192.0.2.200', ipMode: 'VIP' }] } } })
    const before = await live('Service', namespace, 'db')
    await through(namespace, [service('db', { labels: { team: 'shop' } })])
    const after = await live('Service', namespace, 'db')
    expect([after['status'], after.spec]).toEqual([before['status'], before.spec])
  })
})
