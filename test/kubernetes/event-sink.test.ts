import { setImmediate as afterAllElse } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import { type Call, type KubernetesClient } from '../../src/kubernetes/client.ts'
import { ClusterError } from '../../src/kubernetes/cluster-error.ts'
import { eventLimits } from '../../src/kubernetes/event-budget.ts'
import { eventSink, type EventSink, type EventSinkOptions } from '../../src/kubernetes/event-sink.ts'
import { type Happening } from '../../src/model/happenings.ts'
import { virtualTime, type VirtualTime } from '../support/virtual-time.ts'

const wallStart = Date.parse('2026-11-23T12:00:00Z')

interface Stage {
  readonly sink: EventSink
  readonly time: VirtualTime
  readonly calls: Call[]
  readonly told: Happening[]
}

/** A sink whose calls are answered as `answer` says. */
function stage(answer: (call: Call, signal: AbortSignal) => Promise<unknown> = () => Promise.resolve({}), options: Partial<EventSinkOptions> = {}): Stage {
  const time = virtualTime()
  const calls: Call[] = []
  const told: Happening[] = []
  const client: Pick<KubernetesClient, 'call'> = { call: (call, signal) => { calls.push(call); return answer(call, signal) } }
  const sink = eventSink(client, {
    instance: 'shop-platform', identity: 'pod_1', isLeading: () => true, uidOf: () => 'uid-1', tell: (happening) => { told.push(happening) },
    clock: { now: () => time.now(), wallNow: () => wallStart + time.now() }, ...options,
  })
  return { sink, time, calls, told }
}

function down(name = 'db', reason = 'ECONNREFUSED'): Happening {
  const address = { address: '192.0.2.10', family: 'IPv4', ports: {}, hosts: [], published: 'notReady', verdict: 'unready', reason } as const
  return { kind: 'address', namespace: 'shop', name, address, before: 'ready' }
}

const failing = (facts: Partial<ConstructorParameters<typeof ClusterError>[1]>) => (): Promise<never> =>
  Promise.reject(new ClusterError('no', { reason: 'x', retryable: false, ...facts }))

describe('eventSink', () => {
  test('posts an Event about the Service, and puts the same one when it happens again', async () => {
    const { sink, time, calls } = stage()
    sink.tell(down())
    await time.advance(45_000)
    sink.tell(down())
    await afterAllElse()
    const name = (calls[0]?.body as { metadata: { name: string } }).metadata.name
    expect(name).toMatch(/^db\.[0-9a-f]{8}\.1$/)
    const event = {
      apiVersion: 'v1', kind: 'Event', metadata: { namespace: 'shop', name, labels: { 'endpoint-registrar.io/instance': 'shop-platform' } },
      involvedObject: { apiVersion: 'v1', kind: 'Service', namespace: 'shop', name: 'db', uid: 'uid-1' },
      type: 'Warning', reason: 'EndpointUnready', message: '192.0.2.10 is not ready: ECONNREFUSED', count: 1,
      firstTimestamp: '2026-11-23T12:00:00.000Z', lastTimestamp: '2026-11-23T12:00:00.000Z',
      source: { component: 'endpoint-registrar' }, reportingComponent: 'endpoint-registrar', reportingInstance: 'pod_1',
    }
    expect(calls.map(({ method, path, body }) => ({ method, path, body }))).toEqual([
      { method: 'POST', path: '/api/v1/namespaces/shop/events', body: event },
      { method: 'PUT', path: `/api/v1/namespaces/shop/events/${name}`, body: { ...event, count: 2, lastTimestamp: '2026-11-23T12:00:45.000Z' } },
    ])
  })

  test('says what belongs to no Service of the lease, and nothing where there is none', async () => {
    const withheld = { kind: 'withheld', deletions: 9, owned: 12, maxDeletePercent: 30 } as const
    const { sink, calls } = stage(undefined, { lease: { namespace: 'ops', name: 'endpoint-registrar-shop', uid: () => 'uid-2' } })
    const none = stage()
    for (const each of [sink, none.sink]) each.tell(withheld)
    await afterAllElse()
    expect(calls.map(({ path, body }) => [path, (body as { involvedObject: unknown }).involvedObject])).toEqual([[
      '/api/v1/namespaces/ops/events', { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace: 'ops', name: 'endpoint-registrar-shop', uid: 'uid-2' },
    ]])
    expect(none.calls).toEqual([])
  })

  test('says it of a Service whose uid is not known too', async () => {
    const { sink, calls } = stage(undefined, { uidOf: () => undefined })
    sink.tell(down())
    await afterAllElse()
    expect((calls[0]?.body as { involvedObject: unknown }).involvedObject).toEqual({ apiVersion: 'v1', kind: 'Service', namespace: 'shop', name: 'db' })
  })

  test('sends nothing for who does not lead, not even what waited for its turn', async () => {
    let isLeading = false
    const { sink, calls } = stage(undefined, { isLeading: () => isLeading })
    sink.tell(down())
    await afterAllElse()
    expect(calls).toEqual([])
    isLeading = true
    sink.tell(down())
    await afterAllElse()
    expect(calls.map(({ windowMs }) => windowMs?.())).toEqual([5000])
    isLeading = false
    expect(calls.map(({ windowMs }) => windowMs?.())).toEqual([0])
  })

  test('is never in the way: two at a time, a hundred that wait, and the rest is dropped', async () => {
    const { sink, calls } = stage(() => new Promise(() => undefined), { limits: { ...eventLimits, overall: { burst: 10_000, refillMs: 1 } } })
    for (let count = 0; count < 1000; count += 1) sink.tell(down(`s${count}`))
    await afterAllElse()
    expect(calls).toHaveLength(2)
  })

  test('sends those that waited, and says again what was dropped', async () => {
    const open: (() => void)[] = []
    const { sink, calls } = stage(() => new Promise<void>((resolve) => { open.push(resolve) }), { limits: { ...eventLimits, overall: { burst: 10_000, refillMs: 1 } } })
    for (let count = 0; count < 1000; count += 1) sink.tell(down(`s${count}`))
    for (let round = 0; round < 200; round += 1) {
      await afterAllElse()
      open.splice(0).forEach((settle) => { settle() })
    }
    expect(calls).toHaveLength(102)
    sink.tell(down('s999'))
    await afterAllElse()
    expect(calls.at(-1)).toMatchObject({ method: 'POST', body: { involvedObject: { name: 's999' } } })
  })

  test.each([
    ['nothing of a namespace that goes', { status: 403, causes: ['NamespaceTerminating'] }, 0],
    ['nothing of a namespace that is gone', { status: 404 }, 0],
    ['nothing when it no longer leads', { reason: 'NotLeading' }, 0],
    ['once a minute that it may not', { status: 403 }, 3],
    ['once a minute that nobody answers', { reason: 'ECONNREFUSED' }, 3],
  ])('drops what fails, and tells %s', async (_name, facts, expected) => {
    const { sink, time, told } = stage(failing(facts))
    for (let count = 0; count < 130; count += 1) {
      sink.tell(down(`s${count}`))
      await time.advance(1000)
    }
    expect(told).toEqual(Array(expected).fill({ kind: 'trouble', where: 'events', message: 'no' }))
  })

  test('stop ends what is under way and what waits', async () => {
    const { sink, calls, told } = stage((_call, signal) => new Promise((_resolve, reject) => {
      signal.throwIfAborted()
      signal.addEventListener('abort', () => { reject(signal.reason as Error) })
    }))
    for (let count = 0; count < 10; count += 1) sink.tell(down(`s${count}`))
    await afterAllElse()
    await sink.stop()
    expect([calls.length, told]).toEqual([10, []])
  })

  test('cuts what is too long', async () => {
    const { sink, calls } = stage(undefined, { lease: { namespace: 'ops', name: `${'a'.repeat(199)}.b${'c'.repeat(50)}`, uid: () => undefined } })
    sink.tell({ kind: 'config refused', fault: 'x'.repeat(5000) })
    await afterAllElse()
    const { metadata, message } = calls[0]?.body as { metadata: { name: string }; message: string }
    expect(metadata.name).toMatch(/^a{199}\.[0-9a-f]{8}\.1$/)
    expect(message).toHaveLength(1024)
  })
})
