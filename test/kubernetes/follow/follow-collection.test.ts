// The loop against a server that misbehaves, over real connections; time passes when it is told to.

import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kubernetesClient, type KubernetesClient } from '../../../src/kubernetes/client.ts'
import { type Surrounding } from '../../../src/kubernetes/follow/collection-steps.ts'
import { type CollectionFollower, followCollection } from '../../../src/kubernetes/follow/follow-collection.ts'
import { type Sink } from '../../../src/kubernetes/follow/list-into.ts'
import { type Versioned } from '../../../src/kubernetes/follow/watch-event.ts'
import { eventually } from '../../cluster/harness/eventually.ts'
import { answerJSON, kubeconfigOf, status } from '../misbehaving-server.ts'
import { fakeClock, type FakeClock } from './fake-clock.ts'
import { type Asked, answerList, bookmark, errorLine, line, openWatch, watchServer, type WatchServer } from './watch-server.ts'

const minute = 60_000
// Nothing here takes longer than a few milliseconds, but the machine may be busy.
jest.setTimeout(30_000)
const closing: (() => PromiseLike<unknown>)[] = []
const unhandled: unknown[] = []
process.on('unhandledRejection', (reason) => { unhandled.push(reason) })

afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()))
  expect(unhandled.splice(0)).toEqual([])
})

interface Followed {
  readonly follower: CollectionFollower
  readonly clock: FakeClock
  readonly client: KubernetesClient
  /** What is known: name@version, sorted. */
  readonly known: () => readonly string[]
  /** Versions that a list was begun with. */
  readonly begun: (string | undefined)[]
  readonly troubles: (string | undefined)[]
  readonly changes: () => number
}

function follow(kubeconfig: string, options: { readonly isWatched?: boolean; readonly take?: (name: string) => void } = {}): Followed {
  const objects = new Map<string, string>()
  const begun: (string | undefined)[] = []
  const troubles: (string | undefined)[] = []
  let changes = 0
  const sink: Sink<Versioned> = {
    begin: (last) => {
      begun.push(last)
      const seen = new Map<string, string>()
      return {
        page: (items) => { for (const { metadata } of items) seen.set(metadata.name, metadata.resourceVersion ?? '') },
        end: () => {
          objects.clear()
          for (const [name, version] of seen) objects.set(name, version)
        },
      }
    },
    take: ({ type, object: { metadata } }) => {
      options.take?.(metadata.name)
      if (type === 'DELETED') objects.delete(metadata.name)
      else objects.set(metadata.name, metadata.resourceVersion ?? '')
    },
  }
  const clock = fakeClock()
  const client = kubernetesClient({ kubeconfig, pace: { wait: () => Promise.resolve(), tries: 1, timeoutMs: 2000 } })
  const follower = followCollection({ what: 'Services in shop', path: '/api/v1/namespaces/shop/services', isWatched: options.isWatched ?? true, sink }, {
    client, clock, changed: () => { changes += 1 }, trouble: (_what, message) => { troubles.push(message) },
  })
  closing.push(async () => { await follower.stop(); await client.close() })
  return { follower, clock, client, begun, troubles, known: () => [...objects].map(([name, version]) => `${name}@${version}`).sort(), changes: () => changes }
}

async function served(list: (asked: Asked) => void, watch: (asked: Asked) => void, user?: object): Promise<WatchServer> {
  const server = await watchServer({ list, watch }, user === undefined ? {} : { user })
  closing.push(() => server[Symbol.asyncDispose]())
  return server
}

const always = (version: string, ...items: readonly string[]) => (asked: Asked): void => { answerList(asked, version, items) }

function until(check: () => void): Promise<void> {
  return eventually(async () => { await Promise.resolve(); check() }, 20_000)
}

/** Until it pauses; how long. What is waited for longer is the end of a silence. */
async function pauseOf({ clock }: Followed): Promise<number> {
  let pauses: readonly number[] = []
  await until(() => {
    pauses = clock.waits().filter((ms) => ms <= 30_000)
    expect(pauses).toHaveLength(1)
  })
  return pauses[0] ?? 0
}

/** The same, and it passes. */
async function paused(followed: Followed): Promise<number> {
  const ms = await pauseOf(followed)
  await followed.clock.advance(ms)
  return ms
}

function versionsOf(server: WatchServer): (string | null)[] {
  return server.watches().map(({ query }) => query.get('resourceVersion'))
}

describe('followCollection', () => {
  test('lists by pages and watches from there, with bookmarks and a time-out by chance', async () => {
    const server = await served((asked) => {
      if (asked.count === 1) answerList(asked, '10', ['a@1'], 'more')
      else answerList(asked, '10', ['b@2'])
    }, (asked) => { openWatch(asked, line('MODIFIED', 'a@11'), line('DELETED', 'b@12'), line('ADDED', 'c@13')) })
    const followed = follow(server.kubeconfig)
    await until(() => { expect(followed.known()).toEqual(['a@11', 'c@13']) })
    const [watch] = server.watches()
    expect(Object.fromEntries(watch?.query ?? [])).toEqual({
      watch: 'true', resourceVersion: '10', allowWatchBookmarks: 'true', timeoutSeconds: expect.stringMatching(/^(2[4-9]\d|300)$/),
    })
    expect([server.lists().length, followed.changes()]).toEqual([2, 1])
  })

  test('goes on from the last event or bookmark where a watch ended, without a pause and without a list', async () => {
    const server = await served(always('10', 'a@1'), (asked) => {
      if (asked.count === 1) openWatch(asked, line('MODIFIED', 'a@11'))
      else if (asked.count === 2) openWatch(asked, bookmark('20'))
      else openWatch(asked, line('MODIFIED', 'a@21'))
    })
    const followed = follow(server.kubeconfig)
    for (const count of [1, 2]) {
      await until(() => { expect(server.watches()).toHaveLength(count) })
      await until(() => { expect(followed.follower.heardAt()).toBe(followed.clock.now()) })
      await followed.clock.advance(minute)
      server.watches()[count - 1]?.response.end()
    }
    await until(() => { expect(followed.known()).toEqual(['a@21']) })
    expect(versionsOf(server)).toEqual(['10', '11', '20'])
    expect([server.lists().length, followed.troubles]).toEqual([1, []])
  })

  test('pauses longer and longer where a watch is ended as soon as it begins', async () => {
    const server = await served(always('10'), (asked) => { openWatch(asked); asked.response.end() })
    const followed = follow(server.kubeconfig)
    const pauses = [await paused(followed), await paused(followed), await paused(followed), await paused(followed)]
    pauses.forEach((ms, index) => {
      expect(ms).toBeGreaterThanOrEqual(100 * 2 ** index)
      expect(ms).toBeLessThanOrEqual(200 * 2 ** index)
    })
    expect([server.lists().length, followed.troubles]).toEqual([1, ['It is ended as soon as it begins']])
  })

  test.each<[string, (asked: Asked) => void]>([
    ['as a status', ({ response }) => { answerJSON(response, 410, status(410, 'Expired', 'too old resource version')) }],
    ['as an event', (asked) => { openWatch(asked, errorLine(410, 'too old resource version')) }],
  ])('lists anew at once after 410 %s, and learns of what has gone', async (_how, refuse) => {
    const server = await served((asked) => { answerList(asked, asked.count === 1 ? '10' : '30', asked.count === 1 ? ['a@1', 'b@2'] : ['a@25']) }, (asked) => {
      if (asked.count === 1) openWatch(asked, bookmark('12'))
      else if (asked.count === 2) refuse(asked)
      else openWatch(asked)
    })
    const followed = follow(server.kubeconfig)
    await until(() => { expect(server.watches()).toHaveLength(1) })
    await until(() => { expect(followed.known()).toEqual(['a@1', 'b@2']) })
    await followed.clock.advance(minute)
    server.watches()[0]?.response.end()
    await until(() => { expect(followed.known()).toEqual(['a@25']) })
    await until(() => { expect(versionsOf(server)).toEqual(['10', '12', '30']) })
    expect(followed.begun).toEqual([undefined, '12'])
  })

  test('pauses where every list is too old already', async () => {
    const server = await served(always('10'), ({ response }) => { answerJSON(response, 410, status(410, 'Expired', 'too old')) })
    const followed = follow(server.kubeconfig)
    const pauses = [await paused(followed), await paused(followed), await paused(followed)]
    expect(pauses[2]).toBeGreaterThanOrEqual(400)
    expect(server.lists().length).toBeGreaterThanOrEqual(3)
  })

  test.each<[string, (asked: Asked) => void]>([
    ['reset in the middle of a line', ({ response }) => { response.socket?.resetAndDestroy() }],
    ['ended with half a line', ({ response }) => { response.end() }],
  ])('loses and doubles nothing where a watch is %s', async (_how, end) => {
    const whole = line('MODIFIED', 'a@12')
    const server = await served(always('10', 'a@1'), (asked) => {
      if (asked.count > 1) openWatch(asked, whole)
      else {
        openWatch(asked, line('MODIFIED', 'a@11'), whole.slice(0, 20))
        setTimeout(() => { end(asked) }, 20)
      }
    })
    const taken: string[] = []
    const followed = follow(server.kubeconfig, { take: (name) => { taken.push(name) } })
    await until(() => { expect(followed.known()).toEqual(['a@11']) })
    await followed.clock.advance(minute)
    await until(() => { expect(server.watches().length > 1 || followed.clock.waits().length === 1).toBe(true) })
    await followed.clock.advance(1000)
    await until(() => { expect(followed.known()).toEqual(['a@12']) })
    expect([versionsOf(server), server.lists().length, taken]).toEqual([['10', '11'], 1, ['a', 'a']])
  })

  test.each<[string, string]>([
    ['no JSON', '<html>log in</html>\n'],
    ['an event without an object', '{"type":"ADDED","object":{"metadata":{}}}\n'],
    ['an event of no known sort', '{"type":"NEWS","object":{"metadata":{"name":"a"}}}\n'],
    ['an error of the server', errorLine(500, 'etcd is away')],
  ])('lists anew, after a pause, where a watch sends %s', async (_what, text) => {
    const server = await served(always('10', 'a@1'), (asked) => { openWatch(asked, asked.count === 1 ? text : line('MODIFIED', 'a@12')) })
    const followed = follow(server.kubeconfig)
    expect(await paused(followed)).toBeGreaterThanOrEqual(100)
    await until(() => { expect(followed.known()).toEqual(['a@12']) })
    expect(server.lists()).toHaveLength(2)
  })

  test('goes on after a bug in what takes the events', async () => {
    const server = await served(always('10', 'a@1'), (asked) => { openWatch(asked, line('MODIFIED', 'a@11')) })
    let isBroken = true
    const followed = follow(server.kubeconfig, { take: () => { if (isBroken) throw new TypeError('undefined is not an object') } })
    await paused(followed)
    await pauseOf(followed)
    isBroken = false
    await paused(followed)
    await until(() => { expect(followed.known()).toEqual(['a@11']) })
    expect(followed.troubles[0]).toBe('The API server\'s watch cannot be read: undefined is not an object')
  })

  test('goes on, and lists, after an error that nobody has foreseen', async () => {
    const clock = fakeClock()
    const asked = { lists: 0, streams: 0 }
    const client: Surrounding['client'] = {
      call: () => {
        asked.lists += 1
        return Promise.resolve({ metadata: { resourceVersion: '10' }, items: [] })
      },
      stream: (_call, _reader, signal) => {
        asked.streams += 1
        return asked.streams === 1 ? Promise.reject(new TypeError('undefined is not a function')) : clock.wait(1e9, signal).then(() => undefined)
      },
    }
    const sink: Sink<Versioned> = { begin: () => ({ page: () => undefined, end: () => undefined }), take: () => undefined }
    const follower = followCollection({ what: 'Services in shop', path: '/', isWatched: true, sink }, { client, clock, changed: () => undefined, trouble: () => undefined })
    closing.push(() => follower.stop())
    await until(() => { expect(clock.waits()).toHaveLength(1) })
    await clock.advance(200)
    await until(() => { expect(asked).toEqual({ lists: 2, streams: 2 }) })
  })

  test('connects anew and lists after 90 s without a sign of life, and not before', async () => {
    const server = await served((asked) => { answerList(asked, asked.count === 1 ? '10' : '30', asked.count === 1 ? ['a@1'] : ['a@29']) }, (asked) => {
      openWatch(asked)
      // A drip of bytes without an end of line is no sign of life.
      if (asked.count === 1) setTimeout(() => { asked.response.write(' ') }, 50)
    })
    const followed = follow(server.kubeconfig)
    await until(() => { expect(followed.clock.waits()).toEqual([90_000]) })
    await followed.clock.advance(minute)
    server.watches()[0]?.response.write(bookmark('12'))
    await until(() => { expect(followed.follower.heardAt()).toBe(followed.clock.now()) })
    await followed.clock.advance(80_000)
    expect(server.watches()).toHaveLength(1)
    await followed.clock.advance(10_000)
    await until(() => { expect(followed.known()).toEqual(['a@29']) })
    expect([followed.begun, followed.troubles]).toEqual([[undefined, '12'], []])
    await until(() => { expect(versionsOf(server)).toEqual(['10', '30']) })
  })

  test('says once that a watch is mute, lists every 90 s, and hears all the same', async () => {
    const server = await served((asked) => { answerList(asked, `${asked.count}0`, [`a@${asked.count}`]) }, (asked) => { openWatch(asked) })
    const followed = follow(server.kubeconfig)
    for (const count of [1, 2, 3]) {
      await until(() => { expect([server.watches().length, followed.clock.waits()]).toEqual([count, [90_000]]) })
      await followed.clock.advance(90_000)
      await until(() => { expect(followed.known()).toEqual([`a@${count + 1}`]) })
    }
    await until(() => { expect(followed.clock.waits()).toEqual([90_000]) })
    await followed.follower.refresh()
    expect(followed.troubles).toEqual(['Nothing comes of it, so it is listed every 90 s instead: what others edit is seen that late'])
    await until(() => { expect(server.watches()).toHaveLength(5) })
    server.watches()[4]?.response.write(bookmark('60'))
    await until(() => { expect(followed.follower.heardAt()).toBe(followed.clock.now()) })
    await followed.clock.advance(minute)
    server.watches()[4]?.response.end()
    await until(() => { expect(followed.troubles).toHaveLength(2) })
    expect(followed.troubles[1]).toBeUndefined()
  })

  test.each([{}, { status: 'maintenance' }, [], 'later', null, { items: {} }])('takes a list that is answered with %j for no answer, and keeps what it knows', async (answer) => {
    let isDown = false
    const server = await served((asked) => {
      if (isDown) answerJSON(asked.response, 200, answer)
      else answerList(asked, '10', ['a@1'])
    }, openWatch)
    const followed = follow(server.kubeconfig)
    await followed.follower.ready()
    isDown = true
    await expect(followed.follower.refresh()).rejects.toThrow('The answer is no list, so this is no API server')
    expect(followed.known()).toEqual(['a@1'])
    isDown = false
    await followed.follower.refresh()
    expect(followed.known()).toEqual(['a@1'])
  })

  test('watches again at once with new credentials after 401', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'endpoint-registrar-')), 'runs')
    await writeFile(file, '')
    const script = `echo run >> ${file}; printf '{"kind":"ExecCredential","status":{"token":"token-%s"}}' $(wc -l < ${file})`
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'sh', args: ['-c', script], interactiveMode: 'Never' }
    const refused = new Set<string | undefined>()
    const server = await served(always('10', 'a@1'), (asked) => {
      if (asked.count === 1) refused.add(asked.authorization)
      if (refused.has(asked.authorization)) answerJSON(asked.response, 401, status(401, 'Unauthorized', 'Unauthorized'))
      else openWatch(asked, line('MODIFIED', 'a@11'))
    }, { exec })
    const followed = follow(server.kubeconfig)
    await until(() => { expect(followed.known()).toEqual(['a@11']) })
    const tokens = server.watches().map(({ authorization }) => authorization)
    expect([tokens.length, new Set(tokens).size, followed.troubles]).toEqual([2, 2, []])
  })

  test('says why it may not be listed, tries again, and knows when it may', async () => {
    let isAllowed = false
    const server = await served((asked) => {
      if (isAllowed) answerList(asked, '10', ['a@1'])
      else answerJSON(asked.response, 403, status(403, 'Forbidden', 'services is forbidden'))
    }, openWatch)
    const followed = follow(server.kubeconfig)
    await followed.follower.ready()
    expect(followed.follower.refusal()).toMatchObject({ status: 403, message: 'services is forbidden' })
    await paused(followed)
    await pauseOf(followed)
    isAllowed = true
    await paused(followed)
    await until(() => { expect(followed.known()).toEqual(['a@1']) })
    expect([followed.follower.refusal(), followed.changes(), followed.troubles]).toEqual([undefined, 2, ['services is forbidden']])
  })

  test('lists again and again where it may not watch, less and less often', async () => {
    const server = await served(always('10', 'a@1'), ({ response }) => { answerJSON(response, 403, status(403, 'Forbidden', 'cannot watch')) })
    const followed = follow(server.kubeconfig)
    const pauses: number[] = []
    for (let count = 0; count < 12; count += 1) pauses.push(await paused(followed))
    expect(server.lists().length).toBeGreaterThanOrEqual(12)
    expect(Math.max(...pauses)).toBeLessThanOrEqual(30_000)
    expect(pauses[11]).toBeGreaterThanOrEqual(15_000)
    expect([followed.follower.refusal(), followed.troubles]).toEqual([undefined, ['cannot watch']])
  })

  test.each([429, 503])('waits after %d as long as the server asks for, and goes on without a list', async (code) => {
    const server = await served(always('10', 'a@1'), (asked) => {
      if (asked.count === 1) answerJSON(asked.response, code, status(code, 'TooManyRequests', 'later'), { 'retry-after': '7' })
      else openWatch(asked, line('MODIFIED', 'a@11'))
    })
    const followed = follow(server.kubeconfig)
    const ms = await paused(followed)
    expect([ms >= 7000, ms <= 8400]).toEqual([true, true])
    await until(() => { expect(followed.known()).toEqual(['a@11']) })
    expect([server.lists().length, versionsOf(server)]).toEqual([1, ['10', '10']])
  })

  test('keeps what it knows while the server cannot list, but tells who asked for it anew', async () => {
    let isBroken = false
    const server = await served((asked) => {
      if (isBroken) answerJSON(asked.response, 500, status(500, 'InternalError', 'etcd is away'))
      else answerList(asked, '10', ['a@1'])
    }, (asked) => { openWatch(asked, asked.count === 1 ? errorLine(410, 'too old') : '') })
    const followed = follow(server.kubeconfig)
    await followed.follower.ready()
    isBroken = true
    await paused(followed)
    await paused(followed)
    expect([followed.follower.refusal(), followed.known()]).toEqual([undefined, ['a@1']])
    await followed.follower.refresh()
    expect(followed.follower.refusal()).toMatchObject({ message: 'etcd is away' })
    isBroken = false
    await followed.follower.refresh()
    expect(followed.follower.refusal()).toBeUndefined()
  })
})

describe('followCollection.refresh', () => {
  test('lists anew and watches from there, whatever was heard', async () => {
    const server = await served((asked) => { answerList(asked, `${asked.count}0`, [`a@${asked.count}`]) }, openWatch)
    const followed = follow(server.kubeconfig)
    await until(() => { expect(server.watches()).toHaveLength(1) })
    await followed.follower.refresh()
    expect(followed.known()).toEqual(['a@2'])
    await until(() => { expect(versionsOf(server)).toEqual(['10', '20']) })
    expect(followed.begun).toEqual([undefined, '10'])
  })

  test('is served by the first list when it is asked for at once', async () => {
    const server = await served(always('10', 'a@1'), openWatch)
    const followed = follow(server.kubeconfig)
    await followed.follower.refresh()
    await until(() => { expect(server.watches()).toHaveLength(1) })
    expect([followed.known(), server.lists().length]).toEqual([['a@1'], 1])
  })

  test('is not served by a list that had begun before', async () => {
    const held: Asked[] = []
    const server = await served((asked) => {
      if (asked.count === 1) held.push(asked)
      else answerList(asked, '20', ['a@2'])
    }, openWatch)
    const followed = follow(server.kubeconfig)
    const ready = followed.follower.ready()
    await until(() => { expect(held).toHaveLength(1) })
    const refreshed = followed.follower.refresh()
    for (const asked of held) answerList(asked, '10', ['a@1'])
    await ready
    expect(followed.known()).toEqual(['a@1'])
    await refreshed
    expect(followed.known()).toEqual(['a@2'])
  })

  test('cuts a pause short, and rejects where nobody answers', async () => {
    const server = await served(always('10', 'a@1'), openWatch)
    const followed = follow(server.kubeconfig)
    await followed.follower.ready()
    await until(() => { expect(server.watches()).toHaveLength(1) })
    await server[Symbol.asyncDispose]()
    await until(() => { expect(followed.clock.waits()).toHaveLength(1) })
    await expect(followed.follower.refresh()).rejects.toThrow('cannot be reached')
    expect([followed.known(), followed.follower.refusal()]).toEqual([['a@1'], undefined])
  })

  test('is all that lists what is not watched', async () => {
    const server = await served((asked) => { answerList(asked, `${asked.count}0`, [`a@${asked.count}`]) }, openWatch)
    const followed = follow(server.kubeconfig, { isWatched: false })
    await followed.follower.ready()
    await followed.clock.advance(10 * minute)
    expect([followed.known(), server.lists().length, server.watches().length]).toEqual([['a@1'], 1, 0])
    await followed.follower.refresh()
    expect([followed.known(), server.watches().length]).toEqual([['a@2'], 0])
  })
})

describe('followCollection.ready', () => {
  test('rejects where nobody answers, and resolves once somebody does', async () => {
    let isAway = true
    const server = await served((asked) => {
      if (isAway) asked.response.socket?.resetAndDestroy()
      else answerList(asked, '10', ['a@1'])
    }, openWatch)
    const followed = follow(server.kubeconfig)
    await expect(followed.follower.ready()).rejects.toThrow('cannot be reached')
    expect(followed.follower.hasAnswered()).toBe(false)
    isAway = false
    await followed.follower.ready()
    expect(followed.known()).toEqual(['a@1'])
  })
})

describe('followCollection.stop', () => {
  /** Takes connections and says nothing, not even of TLS. */
  async function mute(): Promise<{ readonly port: number; readonly sockets: Set<Socket> }> {
    const sockets = new Set<Socket>()
    const server = createServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    closing.push(async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    })
    return { port: (server.address() as AddressInfo).port, sockets }
  }

  test.each(['http', 'https'])('ends at once while a server that says nothing is listed over %s', async (protocol) => {
    const { port, sockets } = await mute()
    const followed = follow(await kubeconfigOf(`${protocol}://127.0.0.1:${port}`, {}))
    await until(() => { expect(sockets.size).toBe(1) })
    const stoppedAt = performance.now()
    await followed.follower.stop()
    expect(performance.now() - stoppedAt).toBeLessThan(1500)
  })

  test('ends a watch and its connection at once, and hears nothing more', async () => {
    const server = await served(always('10', 'a@1'), openWatch)
    const taken: string[] = []
    const followed = follow(server.kubeconfig, { take: (name) => { taken.push(name) } })
    await until(() => { expect(followed.clock.waits()).toEqual([90_000]) })
    const closed = once(server.watches()[0]?.response ?? server.lists()[0]?.response ?? fail(), 'close')
    await followed.follower.stop()
    await closed
    expect([taken, followed.clock.waits()]).toEqual([[], []])
  })

  test('ends a pause at once', async () => {
    const server = await served(({ response }) => { response.socket?.resetAndDestroy() }, openWatch)
    const followed = follow(server.kubeconfig)
    await until(() => { expect(followed.clock.waits()).toHaveLength(1) })
    await followed.follower.stop()
    expect(followed.clock.waits()).toEqual([])
  })

  test('ends its trouble, so that another of the same kind is told', async () => {
    const server = await served(({ response }) => { response.socket?.resetAndDestroy() }, openWatch)
    const followed = follow(server.kubeconfig)
    await paused(followed)
    await pauseOf(followed)
    expect(followed.troubles).toHaveLength(1)
    await followed.follower.stop()
    expect(followed.troubles.slice(1)).toStrictEqual([undefined])
  })

  test('lets go who waits', async () => {
    const server = await served(() => undefined, openWatch)
    const followed = follow(server.kubeconfig)
    const waiting = [followed.follower.ready(), followed.follower.refresh()]
    await until(() => { expect(server.lists()).toHaveLength(1) })
    waiting.push(followed.follower.refresh())
    await followed.follower.stop()
    await Promise.all(waiting)
  })

  function fail(): never {
    throw new Error('Not asked')
  }
})

describe('kubernetesClient.stream', () => {
  test('leaves the connections of the calls to the calls', async () => {
    const server = await served(always('10', 'a@1'), openWatch)
    const client = kubernetesClient({ kubeconfig: server.kubeconfig, connections: 1 })
    closing.push(() => client.close())
    const abort = new AbortController()
    const reader = { opened: () => undefined, chunk: () => undefined }
    const call = { method: 'GET', path: '/api/v1/services', query: { watch: 'true' } } as const
    const streams = Promise.allSettled(Array.from({ length: 20 }, () => client.stream(call, reader, abort.signal)))
    await until(() => { expect(server.watches()).toHaveLength(20) })
    for (let count = 0; count < 5; count += 1) await client.call({ method: 'GET', path: '/api/v1/services' }, abort.signal)
    expect(server.connections()).toBeLessThanOrEqual(22)
    abort.abort(new Error('Enough'))
    for (const ended of await streams) expect(ended).toMatchObject({ status: 'rejected', reason: { message: 'Enough' } })
  })

  test('has a deadline for the answer, and none for what follows', async () => {
    const server = await served(always('10'), (asked) => {
      if (asked.query.get('mute') !== 'true') openWatch(asked)
      setTimeout(() => { asked.response.end('late') }, 600)
    })
    const client = kubernetesClient({ kubeconfig: server.kubeconfig, pace: { timeoutMs: 200 } })
    closing.push(() => client.close())
    const chunks: string[] = []
    const reader = { opened: () => undefined, chunk: (bytes: Uint8Array) => { chunks.push(Buffer.from(bytes).toString()) } }
    const stream = (mute: string): Promise<void> =>
      client.stream({ method: 'GET', path: '/api/v1/services', query: { watch: 'true', mute } }, reader, new AbortController().signal)
    await stream('false')
    expect(chunks.join('')).toBe('late')
    await expect(stream('true')).rejects.toThrow('did not answer in time')
  })
})
