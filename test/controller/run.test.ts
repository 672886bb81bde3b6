// The loop against a world in memory: what is written, when, and what is left alone.

import { describe, expect, jest, test } from '@jest/globals'
import { type DeclaredService } from '../../src/model/declared.ts'
import { pausedAnnotation } from '../../src/model/marks.ts'
import { type Service } from '../../src/model/objects.ts'
import { type Target, TargetUnreachable } from '../../src/model/ports.ts'
import { address, declaredConfig, declaredService, host } from '../support/declared-service.ts'
import { memoryTarget } from '../support/memory-target.ts'
import { absent, onlyIPv4, unknown } from '../support/one-service.ts'
import { api, at, begin, pass, published, start, started } from './started-run.ts'

function byName(name: string, ...hosts: string[]): DeclaredService {
  return declaredService({ name, targets: hosts.map((text) => host(text)) })
}

function serviceOf(name: string): Service {
  const { service } = api.current('shop', name)
  if (service === undefined) throw new Error(`No Service ${name}`)
  return service
}

function state(name: string) {
  return started?.running.status().services.find((service) => service.name === name)
}

function troubles(): string[] {
  return (started?.happenings ?? []).flatMap((happening) => (happening.kind === 'trouble' ? [happening.message] : []))
}

describe('run', () => {
  test('makes the world true to the config, and then writes nothing', async () => {
    await start(declaredConfig([at('a', '10.0.0.1'), byName('b', 'b.example.com')]), { answers: { 'b.example.com': onlyIPv4('10.0.0.2') } })
    expect([published('a'), published('b')]).toEqual([['10.0.0.1'], ['10.0.0.2']])
    const writes = api.writes.length
    await pass(600_000)
    expect(api.writes).toHaveLength(writes)
  })

  test('decides nothing of a service before all of its hosts were asked once', async () => {
    await start(declaredConfig([byName('a', 'a.example.com')]), {})
    expect(api.writes).toEqual([])
    expect(state('a')?.status).toBe('waiting')
    started?.answer({ 'a.example.com': onlyIPv4('10.0.0.1') })
    await pass()
    expect(published('a')).toEqual(['10.0.0.1'])
  })

  test('takes a dead target out although its host has not been asked since the start, and writes nothing else', async () => {
    const declared = declaredConfig([byName('a', 'a.example.com', 'b.example.com')])
    await start(declared, { answers: { 'a.example.com': onlyIPv4('10.0.0.1'), 'b.example.com': onlyIPv4('10.0.0.2') } })
    await started?.running.stop()
    const writes = api.writes.length
    await start(declared)
    await pass(60_000)
    expect(api.writes).toHaveLength(writes)
    expect(state('a')).toMatchObject({ status: 'kept', messages: expect.arrayContaining(['a.example.com: A: unknown (not asked): keeps 1 address']) })
    started?.judge({ '10.0.0.1:5432': 'unready' })
    await pass()
    expect(published('a')).toEqual(['-10.0.0.1', '10.0.0.2'])
    expect(started?.running.status().services[0]?.hosts.some(({ staleSince }) => staleSince !== undefined)).toBe(false)
  })

  test.each(['keep', 'unready', 'remove'] as const)('changes nothing of a silence that is written and of which nobody was asked since the start: %s', async (whenStaleExpires) => {
    const declared = declaredConfig([byName('a', 'a.example.com', 'b.example.com')])
    const resolver = { ...declared.resolver, whenStaleExpires }
    await start({ ...declared, resolver }, { answers: { 'a.example.com': onlyIPv4('10.0.0.1'), 'b.example.com': onlyIPv4('10.0.0.2') } })
    started?.answer({ 'a.example.com': { IPv4: unknown, IPv6: unknown } })
    await pass(2 * 86_400_000)
    await started?.running.stop()
    const before = api.current('shop', 'a')
    await start({ ...declared, resolver })
    await pass(60_000)
    expect(api.current('shop', 'a')).toEqual(before)
  })

  test('makes no new Service before all of its hosts were asked once, however long that takes', async () => {
    await start(declaredConfig([byName('a', 'a.example.com', 'b.example.com')]), { answers: { 'a.example.com': onlyIPv4('10.0.0.1') } })
    await pass(60_000)
    expect(api.writes).toEqual([])
  })

  test('follows a host to another address by one write to the slice', async () => {
    await start(declaredConfig([byName('a', 'a.example.com')], { publish: 'endpointSlices' }), { answers: { 'a.example.com': onlyIPv4('10.0.0.1') } })
    const writes = api.writes.length
    started?.answer({ 'a.example.com': onlyIPv4('10.0.0.2') })
    await pass()
    expect(published('a')).toEqual(['10.0.0.2'])
    expect(api.writes).toHaveLength(writes + 1)
  })

  test('probes a newcomer ahead of the look, so that who answers at once is written once', async () => {
    const service = declaredService({ name: 'a', targets: [address('10.0.0.9'), host('a.example.com')] })
    await start(declaredConfig([service], { publish: 'endpointSlices' }), { answers: { 'a.example.com': onlyIPv4('10.0.0.1') } })
    const writes = api.writes.length
    started?.answer({ 'a.example.com': onlyIPv4('10.0.0.2') })
    await pass(10)
    expect([started?.probed(), api.writes.length]).toEqual([['10.0.0.2:5432', '10.0.0.9:5432'], writes])
    await pass()
    expect([published('a'), api.writes.length]).toEqual([['10.0.0.2', '10.0.0.9'], writes + 1])
  })

  test('probes nothing ahead of a service that a reload lets go meanwhile', async () => {
    const kept = at('b', '10.0.0.9')
    await start(declaredConfig([byName('a', 'a.example.com'), kept]), { answers: { 'a.example.com': onlyIPv4('10.0.0.1') } })
    started?.answer({ 'a.example.com': onlyIPv4('10.0.0.2') })
    started?.running.take(declaredConfig([kept]))
    await pass()
    expect(started?.probed()).toEqual(['10.0.0.9:5432'])
  })

  test('keeps what serves while DNS is silent, also across a restart', async () => {
    const declared = declaredConfig([byName('a', 'a.example.com')])
    await start(declared, { answers: { 'a.example.com': onlyIPv4('10.0.0.1') } })
    started?.answer({ 'a.example.com': { IPv4: unknown, IPv6: unknown } })
    await pass()
    expect(published('a')).toEqual(['10.0.0.1'])
    await started?.running.stop()
    const writes = api.writes.length
    await start(declared, { answers: { 'a.example.com': { IPv4: unknown, IPv6: unknown } } })
    expect(published('a')).toEqual(['10.0.0.1'])
    expect(api.writes).toHaveLength(writes)
    expect(state('a')?.status).toBe('kept')
    expect(state('a')?.hosts[0]?.staleSince).toBe(new Date(1_000_250).toISOString())
  })

  test('never empties a Service over a host that is confirmed to be absent', async () => {
    await start(declaredConfig([byName('a', 'a.example.com')]), { answers: { 'a.example.com': onlyIPv4('10.0.0.1', '10.0.0.2') } })
    started?.answer({ 'a.example.com': { IPv4: absent, IPv6: absent } })
    await pass()
    expect(published('a')).not.toEqual([])
    expect(state('a')?.messages.join()).toMatch(/a\.example\.com/)
  })

  test('says once what it cannot know of the cluster', async () => {
    const target = memoryTarget(api)
    const surroundings: Target['surroundings'] = async (signal) => ({ ...await target.surroundings(signal), notes: ['ServiceCIDRs may not be read'] })
    begin({ declared: declaredConfig([at('a', '10.0.0.1')]), target: { ...target, surroundings } })
    await pass()
    void started?.running.resync('schedule')
    await pass()
    expect(troubles()).toEqual(['ServiceCIDRs may not be read'])
  })

  test('takes a dead target out and says so once', async () => {
    await start(declaredConfig([at('a', '10.0.0.1', '10.0.0.2')]))
    started?.judge({ '10.0.0.1:5432': 'unready' })
    await pass()
    expect(published('a')).toEqual(['-10.0.0.1', '10.0.0.2'])
    const told = started?.happenings.filter(({ kind }) => kind === 'address') ?? []
    expect(told.at(-1)).toMatchObject({ kind: 'address', name: 'a', before: 'ready', address: { address: '10.0.0.1', published: 'notReady', reason: 'ECONNREFUSED' } })
    started?.touched('shop/a')
    await pass()
    expect(started?.happenings.filter(({ kind }) => kind === 'address')).toHaveLength(told.length)
  })

  test('puts right within a second what somebody else changed or deleted', async () => {
    await start(declaredConfig([at('a', '10.0.0.1')]))
    const before = serviceOf('a')
    api.put({ ...before, spec: { ...before.spec, ports: [{ name: 'pg', port: 1 }] } })
    started?.touched('shop/a')
    await pass(1000)
    expect(serviceOf('a').spec.ports).toMatchObject([{ name: 'pg', port: 5432 }])
  })

  test('leaves alone what is paused by hand', async () => {
    await start(declaredConfig([at('a', '10.0.0.1', '10.0.0.2')]))
    const before = serviceOf('a')
    api.put({ ...before, metadata: { ...before.metadata, annotations: { [pausedAnnotation]: 'true' } } })
    started?.touched('shop/a')
    await pass()
    const writes = api.writes.length
    started?.judge({ '10.0.0.1:5432': 'unready' })
    await pass()
    expect(api.writes).toHaveLength(writes)
    expect(state('a')?.status).toBe('paused')
  })

  test.each(['by hand', 'in the config'])('tells of what is paused %s the addresses that its objects have', async (how) => {
    await start(declaredConfig([at('a', '10.0.0.1', '10.0.0.2')]), { verdicts: { '10.0.0.2:5432': 'unready' } })
    const before = serviceOf('a')
    if (how === 'by hand') api.put({ ...before, metadata: { ...before.metadata, annotations: { [pausedAnnotation]: 'true' } } })
    else started?.running.take(declaredConfig([{ ...at('a', '10.0.0.9'), paused: true }]))
    started?.touched('shop/a')
    await pass()
    expect(state('a')).toMatchObject({ status: 'paused', addresses: [
      { address: '10.0.0.1', ports: { pg: 5432 }, published: 'ready', reason: 'paused' }, { address: '10.0.0.2', published: 'notReady', reason: 'paused' },
    ] })
  })

  test('takes up a restart with the verdicts that are written', async () => {
    const declared = declaredConfig([at('a', '10.0.0.1', '10.0.0.2')])
    await start(declared, { verdicts: { '10.0.0.1:5432': 'unready' } })
    await started?.running.stop()
    const writes = api.writes.length
    await start(declared)
    expect(published('a')).toEqual(['-10.0.0.1', '10.0.0.2'])
    expect(api.writes).toHaveLength(writes)
    expect(started?.happenings.filter(({ kind }) => kind === 'address' || kind === 'service')).toEqual([])
  })

  describe('as a standby', () => {
    test('follows and probes, writes nothing, and writes at once when it leads', async () => {
      await start(declaredConfig([byName('a', 'a.example.com')]), { isLeading: false, answers: { 'a.example.com': onlyIPv4('10.0.0.1') } })
      expect(api.writes).toEqual([])
      expect(started?.probed()).toEqual(['10.0.0.1:5432'])
      started?.lead()
      await pass(100)
      expect(published('a')).toEqual(['10.0.0.1'])
    })

    test('stops writing when the lease is lost', async () => {
      await start(declaredConfig([at('a', '10.0.0.1', '10.0.0.2')]))
      started?.loseLease()
      const writes = api.writes.length
      started?.judge({ '10.0.0.1:5432': 'unready' })
      await pass(60_000)
      expect(api.writes).toHaveLength(writes)
      expect(started?.running.status().isLeading).toBe(false)
    })
  })

  describe('a reload', () => {
    test('takes new services up, prunes what is no longer declared, and stops probing it', async () => {
      await start(declaredConfig([at('a', '10.0.0.1'), at('b', '10.0.0.2')]))
      expect(started?.running.take(declaredConfig([at('b', '10.0.0.2'), at('c', '10.0.0.3')]))).toBeUndefined()
      expect(started?.probed()).toEqual(['10.0.0.2:5432'])
      await pass()
      expect([published('a'), published('b'), published('c')]).toEqual([[], ['10.0.0.2'], ['10.0.0.3']])
      expect(api.current('shop', 'a').service).toBeUndefined()
      expect(started?.probed()).toEqual(['10.0.0.2:5432', '10.0.0.3:5432'])
    })

    test('that is faulty keeps the last good config and prunes nothing until there is a good one', async () => {
      await start(declaredConfig([at('a', '10.0.0.1')]))
      api.put({ ...serviceOf('a'), metadata: { ...serviceOf('a').metadata, name: 'left', uid: 'left' } })
      started?.running.refuse('registrar.yaml:1:1: Missing key: instance')
      void started?.running.resync('asked')
      await pass()
      expect(api.current('shop', 'left').service).toBeDefined()
      expect(started?.running.status().config.fault).toMatch(/Missing key/)
      started?.running.take(declaredConfig([at('a', '10.0.0.1')]))
      await pass()
      expect(api.current('shop', 'left').service).toBeUndefined()
      expect(started?.running.status().config.fault).toBeUndefined()
    })

    test('with an empty list of services prunes nothing', async () => {
      await start(declaredConfig([at('a', '10.0.0.1')]))
      started?.running.take(declaredConfig([]))
      await pass(60_000)
      expect(published('a')).toEqual(['10.0.0.1'])
    })

    test('with another instance is refused', async () => {
      await start(declaredConfig([at('a', '10.0.0.1')]))
      expect(started?.running.take(declaredConfig([at('a', '10.0.0.1')], { instance: 'other' }))).toMatch(/needs a restart/)
    })

    test('beyond the guard withholds the deletions and does the rest', async () => {
      const many = Array.from({ length: 10 }, (_, index) => at(`s${index}`, `10.0.1.${index + 1}`))
      await start(declaredConfig(many))
      started?.running.take(declaredConfig([...many.slice(5), at('new', '10.0.0.9')]))
      await pass(1000)
      expect(published('new')).toEqual(['10.0.0.9'])
      expect(published('s0')).toEqual(['10.0.1.1'])
      expect(started?.running.status().guard).toEqual({ deletions: 5, owned: 11, maxDeletePercent: 30 })
      const withheld = started?.running.status().services.filter(({ status }) => status === 'withheld') ?? []
      expect(withheld.map(({ name }) => name)).toEqual(['s0', 's1', 's2', 's3', 's4'])
      expect(withheld.find(({ name }) => name === 's0')).toMatchObject({
        namespace: 'shop', messages: [expect.stringMatching(/^Withheld by the guard: 5 of 11 Services/)], addresses: [{ address: '10.0.1.1', published: 'ready', reason: 'as last written' }],
      })
      expect(started?.happenings.some(({ kind }) => kind === 'withheld')).toBe(true)
      expect(troubles().join()).toMatch(/not removed: shop\/s0, shop\/s1, .*Withheld by the guard/)
      void started?.running.resync('schedule')
      await pass(1000)
      expect(started?.running.status().services.filter(({ status }) => status === 'withheld')).toEqual(withheld)
      started?.running.refuse('registrar.yaml:1:1: Missing key: instance')
      void started?.running.resync('schedule')
      await pass(1000)
      expect(started?.running.status().guard).toBeDefined()
      expect(started?.running.status().services.filter(({ status }) => status === 'withheld')).toEqual(withheld)
      started?.running.take(declaredConfig([...many, at('new', '10.0.0.9')]))
      expect(started?.running.status().services).toHaveLength(11)
      await pass(1000)
      expect(started?.running.status().guard).toBeUndefined()
    })

    test('does not let the old name go before the new one serves', async () => {
      await start(declaredConfig([at('old', '10.0.0.1')]))
      started?.running.take(declaredConfig([byName('new', 'new.example.com')]))
      await pass(90_000)
      expect(published('old')).toEqual(['10.0.0.1'])
      started?.answer({ 'new.example.com': onlyIPv4('10.0.0.1') })
      await pass()
      void started?.running.resync('asked')
      await pass()
      expect([published('old'), published('new')]).toEqual([[], ['10.0.0.1']])
    })

    test('does not let the old name go while nobody serves under the new one', async () => {
      await start(declaredConfig([at('old', '10.0.0.1')]), { answers: { 'new.example.com': { IPv4: unknown, IPv6: unknown } } })
      started?.running.take(declaredConfig([byName('new', 'new.example.com')]))
      await pass()
      expect(state('new')?.status).toBe('kept')
      expect([published('old'), published('new')]).toEqual([['10.0.0.1'], []])
      started?.answer({ 'new.example.com': onlyIPv4('10.0.0.1') })
      await pass()
      expect([published('old'), published('new')]).toEqual([[], ['10.0.0.1']])
    })

    test('says once what it does not let go, and why', async () => {
      await start(declaredConfig([at('old', '10.0.0.1'), at('older', '10.0.0.2')]), { answers: { 'new.example.com': { IPv4: unknown, IPv6: unknown } } })
      started?.running.take(declaredConfig([byName('new', 'new.example.com')]))
      await pass()
      void started?.running.resync('schedule')
      await pass()
      expect(troubles()).toEqual(['No longer declared, and not removed: shop/old, shop/older: Withheld: a service that comes in namespace shop does not serve yet: new'])
    })

    test('does not let the old name go when nobody has looked at the new one for as long as a resync waits', async () => {
      using _timeouts = jest.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
        const late = new AbortController()
        setTimeout(() => { late.abort(new Error('Over')) }, ms)
        return late.signal
      })
      await start(declaredConfig([at('old', '10.0.0.1')]))
      started?.running.take(declaredConfig([byName('new', 'new.example.com')]))
      await pass(90_000)
      expect(started?.happenings.filter(({ kind }) => kind === 'resync')).toHaveLength(3)
      expect(published('old')).toEqual(['10.0.0.1'])
    })
  })

  describe('when something fails', () => {
    test('one service that cannot be written is tried again, and keeps nobody else', async () => {
      let isRefusing = true
      await start(declaredConfig([at('bad', '10.0.0.1'), at('good', '10.0.0.2')]), {
        target: {
          beforeWrite: (changes) => {
            const [change] = changes
            const isBad = change !== undefined && change.verb !== 'delete' && change.desired.metadata.name === 'bad'
            return isBad && isRefusing ? { applied: [], failure: { change, kind: 'final', message: 'denied' } } : undefined
          },
        },
      })
      expect([published('bad'), published('good')]).toEqual([[], ['10.0.0.2']])
      expect(state('bad')).toMatchObject({ status: 'failed', messages: ['Cannot create Service bad: denied'] })
      expect(state('bad')?.retryAt).toBeDefined()
      isRefusing = false
      await pass(6000)
      expect(published('bad')).toEqual(['10.0.0.1'])
      expect(state('bad')?.status).toBe('done')
    })

    test('a service of which the cluster does not say the families is asked for again', async () => {
      const target = memoryTarget(api)
      let isFailing = true
      const surroundings: Target['surroundings'] = async (signal) => {
        const known = await target.surroundings(signal)
        return { ...known, familiesOf: (...asked) => (isFailing ? Promise.resolve('failed calling webhook') : known.familiesOf(...asked)) }
      }
      begin({ declared: declaredConfig([at('a', '10.0.0.1')]), target: { ...target, surroundings } })
      await pass(60_000)
      expect(state('a')).toMatchObject({ status: 'failed', messages: ['failed calling webhook'] })
      isFailing = false
      await pass(5000)
      expect(published('a')).toEqual(['10.0.0.1'])
    })

    test('what could not be deleted is tried again, later and later', async () => {
      let tries = 0
      let isRefusing = true
      await start(declaredConfig([at('a', '10.0.0.1'), at('b', '10.0.0.2')]), {
        target: {
          beforeWrite: ([change]) => {
            if (change?.verb !== 'delete' || !isRefusing) return undefined
            tries += 1
            return { applied: [], failure: { change, kind: 'failed', message: 'the server is shutting down' } }
          },
        },
      })
      started?.running.take(declaredConfig([at('b', '10.0.0.2')]))
      await pass(600_000)
      expect(tries).toBe(8)
      isRefusing = false
      await pass(600_000)
      expect(published('a')).toEqual([])
      const resyncs = started?.happenings.filter(({ kind }) => kind === 'resync').length
      await pass(600_000)
      expect(started?.happenings.filter(({ kind }) => kind === 'resync')).toHaveLength(resyncs ?? 0)
    })

    test('a look that meets what nobody has foreseen is told of and tried again, and keeps no other service', async () => {
      let isBroken = true
      const target = memoryTarget(api)
      const surroundings: Target['surroundings'] = async (signal) => {
        const known = await target.surroundings(signal)
        return { ...known, familiesOf: (namespace, type, policy) => {
          if (isBroken && type === 'Headless') return Promise.reject(new TypeError('ipFamilies is not iterable'))
          return known.familiesOf(namespace, type, policy)
        } }
      }
      begin({ declared: declaredConfig([{ ...at('bad', '10.0.0.1'), type: 'Headless' }, at('good', '10.0.0.2')]), target: { ...target, surroundings } })
      await pass()
      expect([published('bad'), published('good')]).toEqual([[], ['10.0.0.2']])
      expect(started?.happenings).toContainEqual({ kind: 'trouble', where: 'shop/bad', message: expect.stringMatching(/^ipFamilies is not iterable \(TypeError at .*run\.test\.ts/) })
      isBroken = false
      await pass(6000)
      expect(published('bad')).toEqual(['10.0.0.1'])
    })

    test('a cluster that is away is waited for, and nothing that serves is touched', async () => {
      let isAway = true
      await start(declaredConfig([at('a', '10.0.0.1')]), {
        beforeRefresh: () => { if (isAway) throw new TargetUnreachable('The API server cannot be reached') },
      })
      await pass(20_000)
      expect(api.writes).toEqual([])
      expect(started?.running.whyNotReady()).toBeDefined()
      isAway = false
      await pass(3500)
      expect(published('a')).toEqual(['10.0.0.1'])
      expect(started?.running.whyNotReady()).toBeUndefined()
    })

    test('all targets of two services fail at once: verdicts stand, and it is said', async () => {
      const none = { whenAllUnready: 'publishNone' } as const
      await start(declaredConfig([{ ...at('a', '10.0.0.1'), ...none }, { ...at('b', '10.0.0.2'), ...none }]))
      started?.judge({ '10.0.0.1:5432': 'unready' })
      await pass(2000)
      started?.judge({ '10.0.0.2:5432': 'unready' })
      await pass(60_000)
      expect([published('a'), published('b')]).toEqual([['10.0.0.1'], ['10.0.0.2']])
      expect(state('a')?.messages.join()).toMatch(/own network in doubt/)
      expect(started?.happenings.some(({ kind }) => kind === 'network in doubt')).toBe(true)
      started?.judge({ '10.0.0.1:5432': 'ready' })
      await pass(25_000)
      expect([published('a'), published('b')]).toEqual([['10.0.0.1'], ['-10.0.0.2']])
    })

    test('all targets of one service alone are judged after one period', async () => {
      await start(declaredConfig([{ ...at('a', '10.0.0.1'), whenAllUnready: 'publishNone' }, at('b', '10.0.0.2')]))
      started?.judge({ '10.0.0.1:5432': 'unready' })
      await pass(5000)
      expect(published('a')).toEqual(['10.0.0.1'])
      await pass(6000)
      expect(published('a')).toEqual(['-10.0.0.1'])
    })
  })

  test('all targets of a service are judged at once where the only other is paused: it could not tell', async () => {
    await start(declaredConfig([{ ...at('a', '10.0.0.1'), whenAllUnready: 'publishNone' }, at('b', '10.0.0.2')]))
    const before = serviceOf('b')
    api.put({ ...before, metadata: { ...before.metadata, annotations: { [pausedAnnotation]: 'true' } } })
    started?.touched('shop/b')
    await pass()
    started?.judge({ '10.0.0.1:5432': 'unready' })
    await pass()
    expect(published('a')).toEqual(['-10.0.0.1'])
  })

  test('stop() lets a write that is under way end, and begins none', async () => {
    await start(declaredConfig([at('a', '10.0.0.1', '10.0.0.2')]))
    started?.judge({ '10.0.0.1:5432': 'unready' })
    await started?.running.stop()
    const writes = api.writes.length
    await pass(60_000)
    expect(api.writes).toHaveLength(writes)
  })

  test('stop() keeps the lease while a write is under way', async () => {
    const target = memoryTarget(api)
    let answer = (): void => undefined
    const slow: Target = {
      ...target,
      write: async (changes, signal) => {
        await new Promise<void>((resolve) => { answer = resolve })
        return target.write(changes, signal)
      },
    }
    begin({ declared: declaredConfig([at('a', '10.0.0.1')]), target: slow })
    await pass()
    const stopping = started?.running.stop()
    await pass(2000)
    expect(started?.running.status().isLeading).toBe(true)
    answer()
    await stopping
    expect(published('a')).toEqual(['10.0.0.1'])
    expect(started?.running.status().isLeading).toBe(false)
  })
})
