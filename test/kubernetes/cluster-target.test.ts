import { describe, expect, test } from '@jest/globals'
import { kubernetesClient } from '../../src/kubernetes/client.ts'
import { clusterTarget } from '../../src/kubernetes/cluster-target.ts'
import { listObjects } from '../../src/kubernetes/list-objects.ts'
import { type Change } from '../../src/model/changes.ts'
import { type Target, TargetUnreachable } from '../../src/model/ports.ts'
import { type Answer, answerJSON, misbehavingServer, type MisbehavingServer, status } from './misbehaving-server.ts'

const signal = new AbortController().signal
const pace = { wait: () => Promise.resolve(), timeoutMs: 2000 }
const update = {
  verb: 'update', summary: [],
  current: { apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'shop', name: 'db' }, spec: {} },
  desired: { apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'shop', name: 'db', resourceVersion: '1' }, spec: {} },
} as const satisfies Change

const creation: Change = { verb: 'create', summary: [], desired: update.desired }
const deletion: Change = { verb: 'delete', summary: [], current: update.desired }

async function served(answer: Answer, dryRun = false): Promise<{ readonly server: MisbehavingServer; readonly target: Target } & AsyncDisposable> {
  const server = await misbehavingServer(answer)
  const target = clusterTarget(kubernetesClient({ kubeconfig: server.kubeconfig, pace }), { dryRun })
  const dispose = async (): Promise<void> => {
    await target.close()
    await server[Symbol.asyncDispose]()
  }
  return { server, target, [Symbol.asyncDispose]: dispose }
}

describe('clusterTarget', () => {
  test('read and surroundings reject with TargetUnreachable where nobody answers', async () => {
    const { server, target } = await served(() => undefined)
    await server[Symbol.asyncDispose]()
    const reads = [target.read({ namespaces: ['shop'], everywhere: false }, signal), target.surroundings(signal), target.readService('shop', 'db', signal)]
    for (const read of await Promise.allSettled(reads)) {
      expect(read).toMatchObject({ status: 'rejected', reason: { name: 'TargetUnreachable', message: expect.stringMatching(/^The API server cannot be reached: /) } })
    }
  })

  test('read rejects with TargetUnreachable where our credentials are not known', async () => {
    await using at = await served((_request, response) => { answerJSON(response, 401, status(401, 'Unauthorized', 'Unauthorized')) })
    const read = at.target.read({ namespaces: ['shop'], everywhere: false }, signal)
    await expect(read).rejects.toBeInstanceOf(TargetUnreachable)
    await expect(read).rejects.toThrow('The API server does not accept our credentials: Unauthorized')
  })

  test.each([
    ['failed', 503, status(503, 'ServiceUnavailable', 'etcd is away'), 'etcd is away'],
    ['failed', 401, status(401, 'Unauthorized', 'Unauthorized'), 'Unauthorized'],
    ['final', 500, { kind: 'Status', message: 'failed to create typed patch object: .x' }, 'failed to create typed patch object: .x'],
    ['final', 400, status(400, 'BadRequest', 'strict decoding error'), 'strict decoding error'],
    ['stale', 404, status(404, 'NotFound', 'services "db" not found'), 'services "db" not found'],
  ] as const)('write is %s after %d', async (kind, code, body, message) => {
    await using at = await served((_request, response) => { answerJSON(response, code, body) })
    expect(await at.target.write([update, update], signal)).toEqual({ applied: [], failure: { change: update, kind, message } })
  })

  test('write is failed, not rejected, where the connection breaks', async () => {
    await using at = await served((request) => { request.socket.resetAndDestroy() })
    expect((await at.target.write([update], signal)).failure).toMatchObject({ kind: 'failed', message: expect.stringContaining('cannot be reached') })
  })

  test.each([
    ['Interrupted', undefined],
    ['Not finished in the time given', new DOMException('too late', 'TimeoutError')],
  ])('write that is aborted sends nothing more and answers with what it had written: %s', async (message, reason) => {
    const abort = new AbortController()
    await using at = await served((_request, response, count) => {
      if (count === 1) answerJSON(response, 200, update.desired)
      else abort.abort(reason)
    })
    expect(await at.target.write([update, update, update], abort.signal)).toEqual({ applied: [update], failure: { change: update, kind: 'failed', message } })
    expect(at.server.requests).toHaveLength(2)
  })

  test('write that is aborted in the pause before an update answers too', async () => {
    const abort = new AbortController()
    await using at = await served(() => undefined)
    const writing = at.target.write([{ ...update, afterPause: true }], abort.signal)
    abort.abort()
    expect(await writing).toMatchObject({ applied: [], failure: { kind: 'failed', message: 'Interrupted' } })
    expect(at.server.requests).toEqual([])
  })

  test.each([
    ['a create in the place of what it deleted', [deletion, creation], 409, 'AlreadyExists', true],
    ['an update of what it created', [creation, update], 404, 'NotFound', true],
    ['a create of what it did not delete', [update, creation], 409, 'AlreadyExists', false],
  ] as const)('write on trial takes for done what only storing could bring about: %s', async (_, changes, code, reason, isDone) => {
    await using at = await served((_request, response, count) => {
      if (count === 1) answerJSON(response, 200, update.desired)
      else answerJSON(response, code, status(code, reason, 'as it was'))
    }, true)
    expect((await at.target.write(changes, signal)).applied).toEqual(isDone ? changes : changes.slice(0, 1))
  })

  test('write in earnest never takes a create for done that meets an object', async () => {
    await using at = await served((_request, response, count) => {
      if (count === 1) answerJSON(response, 200, update.desired)
      else answerJSON(response, 409, status(409, 'AlreadyExists', 'as it was'))
    })
    expect(await at.target.write([deletion, creation], signal)).toMatchObject({ applied: [deletion], failure: { kind: 'exists' } })
  })

  test('read says that the cluster may not be searched, and reads the scope all the same', async () => {
    await using at = await served((request, response) => {
      if (request.url?.startsWith('/api/v1/services') === true) answerJSON(response, 403, status(403, 'Forbidden', 'services is forbidden'))
      else if (request.url?.includes('/shop/services') === true) answerJSON(response, 200, { items: [{ metadata: { namespace: 'shop', name: 'db' }, spec: {} }] })
      else answerJSON(response, 200, { items: null, metadata: {} })
    })
    const current = await at.target.read({ namespaces: ['shop'], everywhere: true, instance: 'shop-platform' }, signal)
    expect([current.unsearched, [...current.services.keys()]]).toEqual(['services is forbidden', ['shop/db']])
  })

  test('read keeps what the other namespaces hold when one cannot be read', async () => {
    await using at = await served((request, response) => {
      if (request.url?.includes('/namespaces/broken/services') === true) answerJSON(response, 500, status(500, 'InternalError', 'corrupt object'))
      else if (request.url?.includes('/shop/services') === true) answerJSON(response, 200, { items: [{ metadata: { namespace: 'shop', name: 'db' }, spec: {} }] })
      else answerJSON(response, 200, { items: null, metadata: {} })
    })
    const current = await at.target.read({ namespaces: ['broken', 'shop'], everywhere: false }, signal)
    expect(current.unreadable).toEqual(new Map([['broken', 'corrupt object']]))
    expect([...current.services.keys()]).toEqual(['shop/db'])
  })
})

describe('listObjects', () => {
  const page = (names: readonly string[], token = ''): object =>
    ({ items: names.map((name) => ({ metadata: { namespace: 'shop', name, managedFields: [{}] }, spec: {} })), metadata: { continue: token } })

  test('begins anew, without doubles, when its snapshot has expired on the way', async () => {
    await using server = await misbehavingServer((_request, response, count) => {
      if (count === 2) answerJSON(response, 410, status(410, 'Expired', 'The provided continue parameter is too old'))
      else answerJSON(response, 200, count === 4 ? page(['c']) : page(['a', 'b'], 'next'))
    })
    const client = kubernetesClient({ kubeconfig: server.kubeconfig, pace })
    const found = await listObjects(client, { kind: 'Service', namespace: 'shop' }, signal)
    expect(found.map(({ metadata }) => metadata.name)).toEqual(['a', 'b', 'c'])
    expect(server.requests[1]).toContain('continue=next')
    expect(server.requests[2]).not.toContain('continue')
    await client.close()
  })

  test('gives up when the snapshot expires every time', async () => {
    await using server = await misbehavingServer((_request, response, count) => {
      if (count % 2 === 0) answerJSON(response, 410, status(410, 'Expired', 'too old'))
      else answerJSON(response, 200, page(['a'], 'next'))
    })
    const client = kubernetesClient({ kubeconfig: server.kubeconfig, pace })
    await expect(listObjects(client, { kind: 'Service', namespace: 'shop' }, signal)).rejects.toThrow('too old')
    expect(server.requests).toHaveLength(6)
    await client.close()
  })
})
