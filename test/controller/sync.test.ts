// One pass against a world in memory: order, conflicts, and who is held back by whom.

import { describe, expect, test } from '@jest/globals'
import { type PassOptions } from '../../src/controller/world.ts'
import { apply } from '../../src/controller/apply.ts'
import { planSync, sync } from '../../src/controller/sync.ts'
import { planRemove, remove } from '../../src/controller/remove.ts'
import { type Change, type PassResult } from '../../src/model/changes.ts'
import { type Declared, type DeclaredService } from '../../src/model/declared.ts'
import { pausedAnnotation } from '../../src/model/marks.ts'
import { TargetUnreachable, type Scope, type Target, type WriteResult } from '../../src/model/ports.ts'
import { address, declaredConfig, declaredService, host } from '../support/declared-service.ts'
import { MemoryApi } from '../support/memory-api.ts'
import { memoryTarget, type MemoryTargetOptions } from '../support/memory-target.ts'
import { memoryWorld, passOptions, type MemoryWorld } from '../support/memory-world.ts'
import { onlyIPv4, servedBy, unknown } from '../support/one-service.ts'

const quiet = (): void => undefined
const never = new AbortController().signal

function at(name: string, ...addresses: string[]): DeclaredService {
  return declaredService({ name, targets: addresses.map((text) => address(text)) })
}

interface Pass extends Omit<MemoryWorld, 'target'> {
  readonly target?: MemoryTargetOptions
  readonly options?: Partial<PassOptions>
  readonly signal?: AbortSignal
}

function pass(api: MemoryApi, declared: Declared, { target = {}, options = {}, signal = never, ...world }: Pass = {}): Promise<PassResult> {
  return sync(declared, memoryWorld({ target: memoryTarget(api, target), ...world }), { ...passOptions, ...options }, quiet, signal)
}

function statuses({ services }: PassResult): Record<string, string> {
  return Object.fromEntries(services.map(({ name, status }) => [name, status]))
}

function messages({ services }: PassResult): string {
  return services.flatMap((service) => service.messages).join('\n')
}

/** Somebody else edits the Service. */
function touch(api: MemoryApi, name: string, annotations: Record<string, string> = {}): void {
  const { service } = api.current('shop', name)
  if (service === undefined) throw new Error('No Service to touch')
  api.put({ ...service, metadata: { ...service.metadata, annotations: { ...service.metadata.annotations, ...annotations } } })
}

function objectOf(change: Change): string {
  const { kind, metadata } = change.verb === 'delete' ? change.current : change.desired
  return `${kind} ${metadata.name}`
}

describe('a pass', () => {
  test('reaches what is declared, and a second one writes nothing', async () => {
    const api = new MemoryApi()
    const declared = declaredConfig([at('a', '10.0.0.1'), at('b', '10.0.0.2')])
    expect(statuses(await pass(api, declared))).toEqual({ a: 'done', b: 'done' })
    expect(api.writes).toHaveLength(6)
    await pass(api, declared)
    expect(api.writes).toHaveLength(6)
  })

  test('does what the plan said: the same changes, in the same order', async () => {
    const api = new MemoryApi()
    const declared = declaredConfig([at('a', '10.0.0.1')])
    const world = memoryWorld({ target: memoryTarget(api) })
    const { plan } = await planSync(declared, world, passOptions, never)
    expect(api.writes).toEqual([])
    const result = await sync(declared, world, passOptions, quiet, never)
    expect(result.services[0]?.applied).toEqual(plan.services[0]?.changes)
  })

  test('asks DNS once for a host of many services, and probes no refused address', async () => {
    const asked: string[] = []
    const probed: string[] = []
    const api = new MemoryApi()
    const services = ['a', 'b', 'c'].map((name) => declaredService({ name, targets: [host('db.example.com')] }))
    const world = memoryWorld({
      target: memoryTarget(api), answers: { 'db.example.com': onlyIPv4('10.0.0.1', '169.254.169.254', '10.96.0.10') }, verdicts: {},
      onProbe: (target) => probed.push(target.address),
    })
    const resolve: typeof world.resolve = (questions, signal) => {
      asked.push(...questions.keys())
      return world.resolve(questions, signal)
    }
    await sync(declaredConfig(services), { ...world, resolve }, passOptions, quiet, never)
    expect(asked).toEqual(['db.example.com'])
    expect([...new Set(probed)]).toEqual(['10.0.0.1'])
  })

  test('tells the progress of every service and removal', async () => {
    const api = new MemoryApi()
    await pass(api, declaredConfig([at('old', '10.0.0.1'), at('a', '10.0.0.2')]))
    const told: [number, number][] = []
    await sync(declaredConfig([at('a', '10.0.0.2')]), memoryWorld({ target: memoryTarget(api) }), passOptions, (done, total) => told.push([done, total]), never)
    expect(told).toEqual([[1, 2], [2, 2]])
  })

  test('a missing or terminating namespace fails that service only', async () => {
    const api = new MemoryApi()
    const declared = declaredConfig([at('a', '10.0.0.1'), { ...at('b', '10.0.0.2'), namespace: 'gone' }, { ...at('c', '10.0.0.3'), namespace: 'going' }])
    const result = await pass(api, declared, { target: { namespaces: { gone: 'missing', going: 'terminating' } } })
    expect(statuses(result)).toEqual({ a: 'done', b: 'refused', c: 'refused' })
    expect(messages(result)).toContain('Namespace gone does not exist')
    expect(messages(result)).toContain('Namespace going is terminating')
  })

  test('writes in no namespace that --namespaces does not name', async () => {
    const api = new MemoryApi()
    const result = await pass(api, declaredConfig([at('a', '10.0.0.1'), { ...at('b', '10.0.0.2'), namespace: 'other' }]), { options: { namespaces: ['shop'] } })
    expect(statuses(result)).toEqual({ a: 'done', b: 'refused' })
    expect(api.objects().every(({ metadata }) => metadata.namespace === 'shop')).toBe(true)
  })
})

describe('a conflict', () => {
  test('is read and planned again: what somebody else wrote survives', async () => {
    const api = new MemoryApi()
    await pass(api, declaredConfig([at('a', '10.0.0.1')]))
    let isFirst = true
    const labelled = { ...at('a', '10.0.0.1'), labels: { team: 'shop' } }
    const result = await pass(api, declaredConfig([labelled]), { target: { beforeWrite: () => {
      if (isFirst) touch(api, 'a', { theirs: 'yes' })
      isFirst = false
      return undefined
    } } })
    expect(statuses(result)).toEqual({ a: 'done' })
    expect(api.current('shop', 'a').service?.metadata).toMatchObject({ labels: { team: 'shop' }, annotations: { theirs: 'yes' } })
  })

  test('is planned again at most 3 times a pass', async () => {
    const api = new MemoryApi()
    await pass(api, declaredConfig([at('a', '10.0.0.1')]))
    let tries = 0
    const result = await pass(api, declaredConfig([{ ...at('a', '10.0.0.1'), labels: { team: 'shop' } }]), { target: { beforeWrite: () => {
      tries += 1
      touch(api, 'a')
      return undefined
    } } })
    expect(tries).toBe(4)
    expect(statuses(result)).toEqual({ a: 'failed' })
    expect(messages(result)).toBe('Cannot update Service a: the object has been modified')
  })

  test('that turns out to be a pause is a pause', async () => {
    const api = new MemoryApi()
    await pass(api, declaredConfig([at('a', '10.0.0.1')]))
    const result = await pass(api, declaredConfig([{ ...at('a', '10.0.0.1'), labels: { team: 'shop' } }]), { target: { beforeWrite: () => {
      touch(api, 'a', { [pausedAnnotation]: 'true' })
      return undefined
    } } })
    expect(statuses(result)).toEqual({ a: 'paused' })
    expect(api.current('shop', 'a').service?.metadata.labels).not.toHaveProperty('team')
  })

  test('a create that meets a foreign object is read, checked and refused', async () => {
    const api = new MemoryApi()
    const result = await pass(api, declaredConfig([at('a', '10.0.0.1')]), { target: { beforeWrite: () => {
      api.put({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'a', namespace: 'shop' }, spec: {} })
      return undefined
    } } })
    expect(statuses(result)).toEqual({ a: 'refused' })
    expect(api.writes).toEqual([])
  })

  test('a create that meets our own object, since it had gone through, goes on from there', async () => {
    const api = new MemoryApi()
    let isFirst = true
    const result = await pass(api, declaredConfig([at('a', '10.0.0.1')]), { target: { beforeWrite: (changes) => {
      // The answer to the first create was lost: our client tried again.
      if (isFirst) api.write(changes.slice(0, 1))
      isFirst = false
      return undefined
    } } })
    expect(statuses(result)).toEqual({ a: 'done' })
    expect(servedBy(api.current('shop', 'a'))).toEqual(['10.0.0.1:5432'])
  })

  test('after which a Service would have to go that was not to go fails, since the guard has not counted it', async () => {
    const api = new MemoryApi()
    await pass(api, declaredConfig([at('a', '10.0.0.1')]))
    const result = await pass(api, declaredConfig([{ ...at('a', '10.0.0.1'), labels: { team: 'shop' } }]), { options: { recreate: true }, target: { beforeWrite: () => {
      const { service } = api.current('shop', 'a')
      if (service !== undefined) api.put({ ...service, spec: { ...service.spec, clusterIP: 'None' } })
      return undefined
    } } })
    expect(statuses(result)).toEqual({ a: 'failed' })
    expect(messages(result)).toContain('it has come to need the deletion of its Service')
    expect(api.current('shop', 'a').service?.spec.clusterIP).toBe('None')
  })

  test('that is withheld by the guard is not planned again', async () => {
    const api = new MemoryApi()
    const services = Array.from({ length: 10 }, (_, index) => at(`s${index}`, `10.0.0.${index + 1}`))
    await pass(api, declaredConfig(services))
    const headless = declaredConfig(services.map((service) => ({ ...service, type: 'Headless' as const })), { publish: 'endpoints' })
    const result = await pass(api, headless, { options: { recreate: true }, target: { isMirroring: true } })
    expect(Object.values(statuses(result))).toEqual(Array(10).fill('withheld'))
  })

  test('in which an adopted Service becomes ours alone does not make its release a deletion', async () => {
    const api = new MemoryApi()
    api.put({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'a', namespace: 'shop' }, spec: {} })
    const kept = at('b', '10.0.0.2')
    await pass(api, declaredConfig([{ ...at('a', '10.0.0.1'), adopt: true }, kept]))
    let isFirst = true
    const result = await pass(api, declaredConfig([kept]), { target: { beforeWrite: () => {
      const { service } = api.current('shop', 'a')
      if (isFirst && service !== undefined) api.put({ ...service, metadata: { ...service.metadata, annotations: {} } })
      isFirst = false
      return undefined
    } } })
    expect(statuses(result)).toEqual({ b: 'done', a: 'failed' })
    expect(messages(result)).toContain('it has come to need the deletion of its Service')
    expect(api.current('shop', 'a').service).toBeDefined()
  })

  test('a create that meets an object twice fails', async () => {
    let tries = 0
    const result = await pass(new MemoryApi(), declaredConfig([at('a', '10.0.0.1')]), { target: { beforeWrite: ([change]) => {
      tries += 1
      return change === undefined ? undefined : { applied: [], failure: { change, kind: 'exists', message: 'already exists' } }
    } } })
    expect(tries).toBe(2)
    expect(statuses(result)).toEqual({ a: 'failed' })
  })
})

describe('a failure', () => {
  /** Refuses every slice of one service. */
  function refusingSlicesOf(name: string, kind: 'final' | 'failed' = 'final'): (api: MemoryApi) => (changes: readonly Change[]) => WriteResult | undefined {
    return (api) => (changes) => {
      const index = changes.findIndex((each) => objectOf(each) === `EndpointSlice ${name}-ipv4-1`)
      const change = changes[index]
      if (change === undefined) return undefined
      return { ...api.write(changes.slice(0, index)), failure: { change, kind, message: 'admission said no' } }
    }
  }

  test.each(['final', 'failed'] as const)('(%s) stops that service\'s sequence there, and no other service', async (kind) => {
    const api = new MemoryApi()
    const result = await pass(api, declaredConfig([at('a', '10.0.0.1'), at('b', '10.0.0.2')]), { target: { beforeWrite: refusingSlicesOf('a', kind)(api) } })
    expect(statuses(result)).toEqual({ a: 'failed', b: 'done' })
    expect(messages(result)).toBe('Cannot create EndpointSlice a-ipv4-1: admission said no')
    expect(result.services[0]?.applied.map(objectOf)).toEqual(['Service a'])
    expect(api.current('shop', 'a').endpoints).toBeUndefined()
  })

  test('in a rename leaves the Service as it was while its slices cannot be written', async () => {
    const api = new MemoryApi()
    await pass(api, declaredConfig([at('a', '10.0.0.1')]))
    const renamed = { ...at('a', '10.0.0.1'), ports: [{ name: 'postgres', port: 5432, targetPort: 5432, protocol: 'TCP' as const }] }
    await pass(api, declaredConfig([renamed]), { target: { beforeWrite: refusingSlicesOf('a')(api) } })
    expect(api.current('shop', 'a').service?.spec.ports?.[0]?.name).toBe('pg')
  })

  test('to read again fails that service, with what was written before', async () => {
    const api = new MemoryApi()
    await pass(api, declaredConfig([at('a', '10.0.0.1')]))
    const declared = declaredConfig([{ ...at('a', '10.0.0.1', '10.0.0.3'), labels: { team: 'shop' } }, at('b', '10.0.0.2')])
    const result = await pass(api, declared, { target: {
      beforeWrite: (changes) => {
        if (changes.some((change) => objectOf(change) === 'Service a')) touch(api, 'a')
        return undefined
      },
      beforeRead: () => { throw new TargetUnreachable('connection refused') },
    } })
    expect(statuses(result)).toEqual({ a: 'failed', b: 'done' })
    expect(messages(result)).toBe('connection refused')
    expect(result.services[0]?.applied.map(objectOf)).toEqual(['EndpointSlice a-ipv4-1'])
  })

  test('an unsafe change is not written, nor anything beside it', async () => {
    const api = new MemoryApi()
    const bad = declaredService({ name: 'a', targets: [address('10.0.0.1', { ports: { pg: 70_000 } })] })
    const result = await pass(api, declaredConfig([bad, at('b', '10.0.0.2')]))
    expect(statuses(result)).toEqual({ a: 'failed', b: 'done' })
    expect(messages(result)).toContain('port 70000 is not within 1 to 65535')
    expect(api.objects().some(({ metadata }) => metadata.name.startsWith('a'))).toBe(false)
  })

  test('of a bug is not swallowed', async () => {
    const bug = pass(new MemoryApi(), declaredConfig([at('a', '10.0.0.1')]), { target: { beforeWrite: () => { throw new Error('a bug') } } })
    await expect(bug).rejects.toThrow('a bug')
  })
})

describe('own network in doubt', () => {
  const declared = declaredConfig([{ ...at('a', '10.0.0.1'), whenAllUnready: 'publishNone' }, { ...at('b', '10.0.0.2'), whenAllUnready: 'publishNone' }, { ...at('c', '10.0.0.3'), whenAllUnready: 'publishNone' }])

  test('two services with different addresses failed at once: verdicts stand as they were, and nothing is written', async () => {
    const api = new MemoryApi()
    await pass(api, declared, { verdicts: {} })
    const before = api.writes.length
    const result = await pass(api, declared, { verdicts: { '10.0.0.1:5432': 'unready', '10.0.0.2:5432': 'unready' } })
    expect(statuses(result)).toEqual({ a: 'kept', b: 'kept', c: 'done' })
    expect(messages(result)).toContain('own network in doubt')
    expect(api.writes).toHaveLength(before)
  })

  test('one alone is judged as always', async () => {
    const api = new MemoryApi()
    await pass(api, declared, { verdicts: {} })
    await pass(api, declared, { verdicts: { '10.0.0.1:5432': 'unready' } })
    expect(servedBy(api.current('shop', 'a'))).toEqual(['!10.0.0.1:5432'])
  })

  test('one that was down before is no second witness', async () => {
    const api = new MemoryApi()
    await pass(api, declared, { verdicts: { '10.0.0.1:5432': 'unready' } })
    await pass(api, declared, { verdicts: { '10.0.0.1:5432': 'unready', '10.0.0.2:5432': 'unready' } })
    expect(servedBy(api.current('shop', 'b'))).toEqual(['!10.0.0.2:5432'])
  })
})

describe('prune', () => {
  async function started(...names: string[]): Promise<MemoryApi> {
    const api = new MemoryApi()
    await pass(api, declaredConfig(names.map((name, index) => at(name, `10.0.0.${index + 1}`))))
    return api
  }

  test('deletes what is no longer declared, last', async () => {
    const api = await started('old', 'a')
    const before = api.writes.length
    const result = await pass(api, declaredConfig([at('a', '10.0.0.2'), at('b', '10.0.0.3')]))
    expect(statuses(result)).toEqual({ a: 'done', b: 'done', old: 'removed' })
    expect(api.writes.slice(before).map(({ verb }) => verb)).toEqual(['create', 'create', 'create', 'delete', 'delete', 'delete'])
  })

  test('an empty list of services prunes nothing', async () => {
    const api = await started('old')
    expect((await pass(api, declaredConfig([]))).services).toEqual([])
    expect(api.current('shop', 'old').service).toBeDefined()
  })

  test.each([['--no-prune', { prune: false }], ['--service', { service: 'a' }]] as const)('%s turns it off', async (_, options) => {
    const api = await started('old', 'a')
    expect(statuses(await pass(api, declaredConfig([at('a', '10.0.0.2')]), { options }))).toEqual({ a: 'done' })
  })

  test('-n narrows it to that namespace', async () => {
    const api = await started('old', 'a')
    const elsewhere = { ...at('old', '10.0.0.9'), namespace: 'other' }
    await pass(api, declaredConfig([elsewhere, at('a', '10.0.0.2'), at('old', '10.0.0.1')]))
    const result = await pass(api, declaredConfig([at('a', '10.0.0.2')]), { options: { namespace: 'other' } })
    expect(result.services).toMatchObject([{ namespace: 'other', name: 'old', status: 'removed' }])
    expect(api.current('shop', 'old').service).toBeDefined()
  })

  test('never outside --namespaces', async () => {
    const api = await started('old', 'a')
    const result = await pass(api, declaredConfig([{ ...at('b', '10.0.0.3'), namespace: 'other' }]), { options: { namespaces: ['other'] } })
    expect(statuses(result)).toEqual({ b: 'done' })
  })

  test('a paused Service is withheld', async () => {
    const api = await started('old', 'a')
    touch(api, 'old', { [pausedAnnotation]: 'true' })
    const result = await pass(api, declaredConfig([at('a', '10.0.0.2')]))
    expect(statuses(result)).toEqual({ a: 'done', old: 'withheld' })
    expect(api.current('shop', 'old').service).toBeDefined()
  })

  test('a Service that is paused while it is being pruned is withheld', async () => {
    const api = await started('old', 'a')
    const result = await pass(api, declaredConfig([at('a', '10.0.0.2')]), { target: { beforeWrite: ([change]) => {
      if (change?.verb === 'delete' && api.current('shop', 'old').service?.metadata.annotations?.[pausedAnnotation] === undefined) touch(api, 'old', { [pausedAnnotation]: 'true' })
      return undefined
    } } })
    expect(statuses(result)).toEqual({ a: 'done', old: 'withheld' })
    expect(api.current('shop', 'old').service).toBeDefined()
  })

  test('a conflict in a prune is read and planned again, at most 3 times', async () => {
    const api = await started('old', 'a')
    let tries = 0
    const touching = (limit: number) => (): undefined => {
      if (api.current('shop', 'old').service !== undefined && tries++ < limit) touch(api, 'old')
      return undefined
    }
    expect(statuses(await pass(api, declaredConfig([at('a', '10.0.0.2')]), { target: { beforeWrite: touching(99) } }))).toMatchObject({ old: 'failed' })
    expect(tries).toBe(4)
    tries = 0
    expect(statuses(await pass(api, declaredConfig([at('a', '10.0.0.2')]), { target: { beforeWrite: touching(1) } }))).toMatchObject({ old: 'removed' })
  })

  test('the guard counts against what is owned in scope, and withholds only deletions', async () => {
    const names = Array.from({ length: 10 }, (_, index) => `s${index}`)
    const api = await started(...names)
    const few = declaredConfig([...names.slice(0, 6).map((name, index) => at(name, `10.0.0.${index + 1}`)), at('new', '10.0.1.1')])
    const result = await pass(api, few)
    expect(result.guard).toEqual({ deletions: 4, owned: 10, maxDeletePercent: 30 })
    expect(statuses(result)).toMatchObject({ new: 'done', s6: 'withheld', s9: 'withheld' })
    expect(statuses(await pass(api, few, { options: { allowDeletes: true } }))).toMatchObject({ s6: 'removed', s9: 'removed' })
  })
})

describe('a rename of a service', () => {
  const old = declaredConfig([declaredService({ name: 'old', targets: [host('db.example.com')] })])
  const renamed = declaredConfig([declaredService({ name: 'new', targets: [host('db.example.com')] }), at('bystander', '10.0.0.9')])
  const answers = { 'db.example.com': onlyIPv4('10.0.0.1') }

  async function started(): Promise<MemoryApi> {
    const api = new MemoryApi()
    await pass(api, old, { answers })
    return api
  }

  test('keeps the old until the new serves', async () => {
    const api = await started()
    const silent = await pass(api, renamed, { answers: { 'db.example.com': { IPv4: unknown } } })
    expect(statuses(silent)).toEqual({ new: 'kept', bystander: 'done', old: 'withheld' })
    expect(servedBy(api.current('shop', 'old'))).toEqual(['10.0.0.1:5432'])
    expect(statuses(await pass(api, renamed, { answers }))).toMatchObject({ new: 'done', old: 'removed' })
  })

  test('keeps the old through a second silent pass, when the new exists and has never served', async () => {
    const api = await started()
    await pass(api, renamed, { answers: { 'db.example.com': { IPv4: unknown } } })
    expect(statuses(await pass(api, renamed, { answers: { 'db.example.com': { IPv4: unknown } } }))).toMatchObject({ new: 'kept', old: 'withheld' })
    expect(servedBy(api.current('shop', 'old'))).toEqual(['10.0.0.1:5432'])
  })

  test('keeps the old through every pass in which the new has dead targets alone', async () => {
    const api = await started()
    const dead = declaredConfig([declaredService({ name: 'new', targets: [host('db.example.com')], whenAllUnready: 'publishNone' })])
    const verdicts = { '10.0.0.1:5432': 'unready' as const }
    for (const _ of [1, 2]) {
      const result = await pass(api, dead, { answers, verdicts })
      expect(statuses(result)).toEqual({ new: 'done', old: 'withheld' })
      expect(messages(result)).toContain('Withheld: a service that comes in namespace shop does not serve yet: new')
    }
    expect(servedBy(api.current('shop', 'old'))).toEqual(['10.0.0.1:5432'])
    expect(statuses(await pass(api, dead, { answers, verdicts: {} }))).toMatchObject({ new: 'done', old: 'removed' })
  })

  test('keeps the old where every address of the new is refused, although it served before', async () => {
    const api = await started()
    await pass(api, declaredConfig([...old.services, at('new', '10.0.0.3')]), { answers })
    const refused = declaredConfig([at('new', '169.254.169.254')])
    for (const _ of [1, 2]) expect(statuses(await pass(api, refused))).toEqual({ new: 'failed', old: 'withheld' })
  })

  test('keeps the old while the new cannot be created', async () => {
    const api = await started()
    const result = await pass(api, renamed, { answers, target: { beforeWrite: (changes) => {
      const change = changes.find((each) => each.verb === 'create' && objectOf(each) === 'EndpointSlice new-ipv4-1')
      return change === undefined ? undefined : { ...api.write(changes.slice(0, 1)), failure: { change, kind: 'final', message: 'no' } }
    } } })
    expect(statuses(result)).toMatchObject({ new: 'failed', old: 'withheld' })
  })

  test('keeps the old while a foreign Service has the new name', async () => {
    const api = await started()
    api.put({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'new', namespace: 'shop' }, spec: {} })
    expect(statuses(await pass(api, renamed, { answers }))).toMatchObject({ new: 'refused', old: 'withheld' })
  })

  test('holds back no other namespace', async () => {
    const api = await started()
    await pass(api, { ...old, services: [...old.services, { ...at('gone', '10.0.0.8'), namespace: 'other' }] }, { answers })
    const result = await pass(api, renamed, { answers: { 'db.example.com': { IPv4: unknown } } })
    expect(statuses(result)).toMatchObject({ old: 'withheld', gone: 'removed' })
  })

  test('a service of long standing that is down now holds nothing back', async () => {
    const api = await started()
    const down = { ...at('bystander', '10.0.0.9'), whenAllUnready: 'publishNone' as const }
    await pass(api, declaredConfig([...old.services, down]), { answers, verdicts: {} })
    const result = await pass(api, declaredConfig([declaredService({ name: 'new', targets: [host('db.example.com')] }), down]), { answers, verdicts: { '10.0.0.9:5432': 'unready' } })
    expect(statuses(result)).toMatchObject({ old: 'removed' })
  })
})

describe('remove', () => {
  test('deletes all of this instance past the guard, and nothing of another', async () => {
    const api = new MemoryApi()
    const declared = declaredConfig(Array.from({ length: 12 }, (_, index) => at(`s${index}`, `10.0.0.${index + 1}`)))
    await pass(api, declared)
    await pass(api, declaredConfig([at('theirs', '10.0.1.1')], { instance: 'billing' }))
    const target = memoryTarget(api)
    const planned = await planRemove(declared, target, passOptions, never)
    const { services } = await remove(declared, target, planned, passOptions, quiet, never)
    expect(services.filter(({ status }) => status === 'removed')).toHaveLength(12)
    expect(api.objects().map(({ metadata }) => metadata.name).sort()).toEqual(['theirs', 'theirs', 'theirs-ipv4-1'])
  })
})

describe('what could not be read', () => {
  function half(api: MemoryApi): Target {
    const target = memoryTarget(api)
    return { ...target, read: async (scope, signal) => ({ ...await target.read(scope, signal), unreadable: new Map([['closed', 'forbidden']]), unsearched: 'not in the whole cluster' }) }
  }
  const notes = [
    'Namespace closed could not be read, so what is there is not known: forbidden',
    'Other namespaces could not be searched for what is ours (--namespaces names those to look in): not in the whole cluster',
  ]

  test('is noted in the plan and in the result of a pass, and fails no service elsewhere', async () => {
    const world = memoryWorld({ target: half(new MemoryApi()) })
    const declared = declaredConfig([at('a', '10.0.0.1')])
    expect((await planSync(declared, world, passOptions, never)).plan.notes).toEqual(notes)
    const result = await sync(declared, world, passOptions, quiet, never)
    expect(result.notes).toEqual(notes)
    expect(statuses(result)).toEqual({ a: 'done' })
  })

  test('is noted by remove', async () => {
    const target = half(new MemoryApi())
    const declared = declaredConfig([at('a', '10.0.0.1')])
    const planned = await planRemove(declared, target, passOptions, never)
    expect(planned.notes).toEqual(notes)
    expect((await remove(declared, target, planned, passOptions, quiet, never)).notes).toEqual(notes)
  })

  test.each([[{}, true], [{ service: 'a' }, false], [{ namespace: 'shop' }, false], [{ prune: false }, false]])('%j looks everywhere: %s', async (options, everywhere) => {
    const scopes: Scope[] = []
    const target = memoryTarget(new MemoryApi())
    const spying: Target = { ...target, read: (scope, signal) => {
      scopes.push(scope)
      return target.read(scope, signal)
    } }
    await planSync(declaredConfig([at('a', '10.0.0.1')]), memoryWorld({ target: spying }), { ...passOptions, ...options }, never)
    expect(scopes.map((scope) => scope.everywhere)).toEqual([everywhere])
  })
})

describe('abort', () => {
  test('each service that was not finished says so, and what was done is in its result', async () => {
    const stop = new AbortController()
    const api = new MemoryApi()
    const declared = declaredConfig([at('a', '10.0.0.1'), at('b', '10.0.0.2'), at('c', '10.0.0.3')])
    const result = await pass(api, declared, { signal: stop.signal, options: { concurrency: 1 }, target: { beforeWrite: (changes) => {
      const isB = changes.some((change) => objectOf(change) === 'Service b')
      if (isB) stop.abort()
      return undefined
    } } })
    expect(statuses(result)).toEqual({ a: 'done', b: 'done', c: 'failed' })
    expect(messages(result)).toBe('Interrupted')
  })

  test('that was the deadline says that the time was over', async () => {
    const stop = new AbortController()
    stop.abort(new DOMException('too late', 'TimeoutError'))
    const target = memoryTarget(new MemoryApi())
    const declared = declaredConfig([at('a', '10.0.0.1')])
    const { observation, plan } = await planSync(declared, memoryWorld({ target }), passOptions, never)
    const result = await apply({ declared, observation, plan, target, options: passOptions, progress: quiet }, stop.signal)
    expect(messages(result)).toBe('Not finished in the time given')
  })

  test('nothing is pruned after it', async () => {
    const stop = new AbortController()
    const api = new MemoryApi()
    await pass(api, declaredConfig([at('old', '10.0.0.1')]))
    const result = await pass(api, declaredConfig([at('a', '10.0.0.2')]), { signal: stop.signal, target: { beforeWrite: () => {
      stop.abort()
      return undefined
    } } })
    expect(statuses(result)).toEqual({ a: 'done', old: 'failed' })
    expect(api.current('shop', 'old').service).toBeDefined()
  })
})
