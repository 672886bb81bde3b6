// Endpoints alone serve once they are mirrored. Time is not slept on: each poll moves the mirror on instead.

import { beforeEach, describe, expect, jest, test } from '@jest/globals'
import { isMirrored } from '../../src/model/marks.ts'
import { type PassResult } from '../../src/model/changes.ts'
import { address, declaredConfig, declaredService } from '../support/declared-service.ts'
import { MemoryApi } from '../support/memory-api.ts'
import { memoryTarget, type MemoryTargetOptions } from '../support/memory-target.ts'
import { memoryWorld, passOptions } from '../support/memory-world.ts'
import { servedBy } from '../support/one-service.ts'

let slept = 0
let onPoll: () => void = () => undefined
jest.unstable_mockModule('node:timers/promises', () => ({
  setTimeout: (ms: number, _value: unknown, { signal }: { signal: AbortSignal }) => {
    signal.throwIfAborted()
    slept += ms
    onPoll()
    return Promise.resolve()
  },
}))
const { sync } = await import('../../src/controller/sync.ts')

const db = declaredService({ targets: [address('10.0.0.1')] })
const both = declaredConfig([db])
const endpoints = declaredConfig([db], { publish: 'endpoints' })

const never = new AbortController().signal

async function pass(api: MemoryApi, declared: typeof both, signal = never, options: MemoryTargetOptions & { storesNothing?: boolean } = {}): Promise<PassResult> {
  const { storesNothing = false, ...rest } = options
  const target = { ...memoryTarget(api, { isMirroring: true, ...rest }), storesNothing }
  return sync(declared, memoryWorld({ target }), passOptions, () => undefined, signal)
}

function verbs({ services }: PassResult): (readonly string[])[] {
  return services.map(({ applied }) => applied.map(({ verb }) => verb))
}

beforeEach(() => {
  slept = 0
  onPoll = () => undefined
})

describe('both to endpoints', () => {
  test('our slices go once the mirrored ones are there', async () => {
    const api = new MemoryApi()
    await pass(api, both)
    onPoll = () => {
      expect(servedBy(api.current('shop', 'db'))).toEqual(['10.0.0.1:5432'])
      if (slept >= 2000) api.mirror()
    }
    const result = await pass(api, endpoints)
    expect(result.services).toMatchObject([{ status: 'done', messages: [] }])
    expect(result.services[0]?.applied.map(({ verb }) => verb)).toEqual(['update', 'delete'])
    expect(slept).toBe(2000)
    expect(api.current('shop', 'db').slices.every(isMirrored)).toBe(true)
  })

  test('where no mirrored slice appears within 10 s ours stay, and it is said', async () => {
    const api = new MemoryApi()
    await pass(api, both)
    const result = await pass(api, endpoints)
    expect(result.services[0]?.status).toBe('kept')
    expect(result.services[0]?.messages).toEqual(['No mirrored EndpointSlice after 10 s: this cluster may not mirror Endpoints'])
    expect(slept).toBe(10_000)
    expect(servedBy(api.current('shop', 'db'), 'direct')).toEqual(['10.0.0.1:5432'])
  })

  test.each([
    ['paused', 'paused', { 'endpoint-registrar.io/paused': 'true' }, {}],
    ['refused', 'given a selector', {}, { selector: { app: 'x' } }],
  ] as const)('ends as %s where the Service is %s meanwhile', async (status, _, annotations, spec) => {
    const api = new MemoryApi()
    await pass(api, both)
    onPoll = () => {
      const { service } = api.current('shop', 'db')
      if (service !== undefined) api.put({ ...service, metadata: { ...service.metadata, annotations }, spec: { ...service.spec, ...spec } })
      api.mirror()
    }
    const result = await pass(api, endpoints)
    expect([result.services[0]?.status, verbs(result)]).toEqual([status, [['update']]])
    expect(servedBy(api.current('shop', 'db'), 'direct')).toEqual(['10.0.0.1:5432'])
  })

  test('a conflict in the end is read and planned again', async () => {
    const api = new MemoryApi()
    await pass(api, both)
    onPoll = () => { api.mirror() }
    let conflicts = 0
    const result = await pass(api, endpoints, never, { beforeWrite: ([change]) => {
      if (change?.verb !== 'delete' || conflicts++ > 0) return undefined
      return { applied: [], failure: { change, kind: 'stale', message: 'modified' } }
    } })
    expect(result.services).toMatchObject([{ status: 'done', messages: [] }])
    expect([conflicts, verbs(result)]).toEqual([2, [['update', 'delete']]])
  })

  test('a dry run of the server waits for nothing, and says what would go', async () => {
    const api = new MemoryApi()
    await pass(api, both)
    const result = await pass(api, endpoints, never, { storesNothing: true })
    expect(result.services).toMatchObject([{ status: 'done', messages: ['Then 1 EndpointSlice goes, once the Endpoints are mirrored'] }])
    expect(slept).toBe(0)
  })

  test('what was said of an adoption is in the result', async () => {
    const api = new MemoryApi()
    api.put({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'db', namespace: 'shop' }, spec: {} })
    onPoll = () => { api.mirror() }
    const result = await pass(api, declaredConfig([{ ...db, adopt: true }], { publish: 'endpoints' }))
    expect(result.services).toMatchObject([{ status: 'done', messages: ['Adopts Service db'] }])
  })

  test('an abort while waiting leaves our slices', async () => {
    const api = new MemoryApi()
    const stop = new AbortController()
    await pass(api, both)
    onPoll = () => { stop.abort() }
    const result = await pass(api, endpoints, stop.signal)
    expect(result.services).toMatchObject([{ status: 'failed', messages: ['Interrupted'] }])
    expect(result.services[0]?.applied.map(({ verb }) => verb)).toEqual(['update'])
    expect(servedBy(api.current('shop', 'db'), 'direct')).toEqual(['10.0.0.1:5432'])
  })
})

test('a rename keeps the old while nobody mirrors the Endpoints of the new', async () => {
  const api = new MemoryApi()
  onPoll = () => { api.mirror() }
  await pass(api, endpoints)
  onPoll = () => undefined
  const renamed = declaredConfig([{ ...db, name: 'new' }], { publish: 'endpoints' })
  for (const _ of [1, 2]) expect((await pass(api, renamed)).services).toMatchObject([{ name: 'new', status: 'kept' }, { name: 'db', status: 'withheld' }])
})

test('a quiet world waits for nothing', async () => {
  const api = new MemoryApi()
  onPoll = () => { api.mirror() }
  await pass(api, endpoints)
  slept = 0
  await pass(api, endpoints)
  expect(slept).toBe(0)
})
