// The loop where one thing happens in the middle of another.

import { describe, expect, test } from '@jest/globals'
import { type Target, TargetUnreachable } from '../../src/model/ports.ts'
import { deletionsOf } from '../../src/plan/order-changes.ts'
import { address, declaredConfig, declaredService, host } from '../support/declared-service.ts'
import { memoryTarget } from '../support/memory-target.ts'
import { onlyIPv4, unknown } from '../support/one-service.ts'
import { api, at, begin, pass, published, start, started } from './started-run.ts'

describe('a write that somebody else was faster than', () => {
  test('is planned anew on the verdicts that were judged: what fails meanwhile may be the own network', async () => {
    const none = { whenAllUnready: 'publishNone' } as const
    let isConflict = false
    const world = await start(declaredConfig([{ ...at('a', '10.0.0.1', '10.0.0.2'), ...none }, { ...at('b', '10.0.0.3'), ...none }]), {
      target: {
        beforeWrite: ([change]) => {
          if (!isConflict || change === undefined) return undefined
          isConflict = false
          world.judge({ '10.0.0.2:5432': 'unready', '10.0.0.3:5432': 'unready' })
          return { applied: [], failure: { change, kind: 'stale', message: 'the object has been modified' } }
        },
      },
    })
    isConflict = true
    world.judge({ '10.0.0.1:5432': 'unready' })
    await pass(60_000)
    expect([published('a'), published('b')]).toEqual([['-10.0.0.1', '10.0.0.2'], ['10.0.0.3']])
  })

  test('is tried again where the new plan fails half-way, however much of it was written', async () => {
    const failures = ['deleted', 'half'] as const
    let left: readonly string[] = []
    const world = await start(declaredConfig([at('a', '10.0.0.1', '10.0.0.2')], { publish: 'endpointSlices' }), {
      target: {
        beforeWrite: (changes) => {
          const [failure] = left
          left = left.slice(1)
          const [first, second] = changes
          // Somebody deletes it all, and it is made anew as far as its Service.
          if (failure === 'deleted') api.write(deletionsOf(api.current('shop', 'a')))
          if (failure !== 'half' || first === undefined || second === undefined) return undefined
          return { ...api.write([first]), failure: { change: second, kind: 'failed', message: 'the server is shutting down' } }
        },
      },
    })
    left = failures
    world.judge({ '10.0.0.1:5432': 'unready' })
    await pass(1000)
    expect([left, published('a')]).toEqual([[], ['-10.0.0.1', '10.0.0.2']])
  })
})

describe('a reload in the middle of a look', () => {
  test('that lets the service go leaves nothing of it that the look makes anew', async () => {
    const { target, hold, letGoOn } = held(memoryTarget(api))
    begin({ declared: declaredConfig([at('a', '10.0.0.1', '10.0.0.2'), at('b', '10.0.0.3')]), target })
    await pass()
    hold()
    started?.judge({ '10.0.0.1:5432': 'unready' })
    await pass()
    started?.running.take(declaredConfig([at('b', '10.0.0.3')]))
    await pass()
    letGoOn()
    await pass()
    expect(api.current('shop', 'a')).toEqual({ namespace: 'shop', name: 'a', slices: [] })
  })

  test('that lets the service go ends the probes that the look begins', async () => {
    const target = memoryTarget(api)
    let answer = (): void => undefined
    const surroundings: Target['surroundings'] = async (signal) => {
      const known = await target.surroundings(signal)
      return { ...known, familiesOf: async (namespace, type, policy) => {
        if (type === 'Headless') await new Promise<void>((resolve) => { answer = resolve })
        return known.familiesOf(namespace, type, policy)
      } }
    }
    begin({ declared: declaredConfig([{ ...at('a', '10.0.0.1'), type: 'Headless' }, at('b', '10.0.0.3')]), target: { ...target, surroundings } })
    await pass()
    started?.running.take(declaredConfig([at('b', '10.0.0.3')]))
    await pass()
    answer()
    await pass()
    expect(started?.probed()).toEqual(['10.0.0.3:5432'])
    expect(published('a')).toEqual([])
  })
})

describe('a reload in the middle of a resync', () => {
  const slow = declaredService({ namespace: 'far', name: 'slow', targets: [host('slow.example.com')] })

  test('does not wait for a name server that the resync waits for', async () => {
    await start(declaredConfig([slow, at('b', '10.0.0.1', '10.0.0.2')]))
    started?.running.take(declaredConfig([slow, declaredService({ name: 'b', targets: [address('10.0.0.1', { drain: true }), address('10.0.0.2')] })]))
    await pass()
    expect(published('b')).toEqual(['-10.0.0.1', '10.0.0.2'])
  })

  test('prunes nothing by what was read before it', async () => {
    let isAway = false
    await start(declaredConfig([slow, at('b', '10.0.0.1'), at('old', '10.0.0.2')]), { beforeRefresh: () => { if (isAway) throw new TargetUnreachable('away') } })
    isAway = true
    started?.running.take(declaredConfig([slow, at('b', '10.0.0.1')]))
    started?.answer({ 'slow.example.com': onlyIPv4('10.0.0.3') })
    await pass(1000)
    expect(published('old')).toEqual(['10.0.0.2'])
    isAway = false
    await pass(3000)
    expect(published('old')).toEqual([])
  })

  test('leaves nothing half done: it is not ready before everything was looked at', async () => {
    await start(declaredConfig([slow]))
    started?.running.take(declaredConfig([slow, at('b', '10.0.0.1')]))
    await pass()
    expect(started?.running.whyNotReady()).toBeDefined()
    started?.answer({ 'slow.example.com': onlyIPv4('10.0.0.3') })
    await pass()
    expect(started?.running.whyNotReady()).toBeUndefined()
  })
})

test('a reload while the cluster cannot be read refuses addresses at once: they are probed no more', async () => {
  let isAway = false
  const declared = declaredConfig([at('a', '10.0.0.1', '10.0.0.2')])
  await start(declared, { beforeRefresh: () => { if (isAway) throw new TargetUnreachable('away') } })
  isAway = true
  started?.running.take({ ...declared, guard: { ...declared.guard, deniedCIDRs: ['10.0.0.1/32'] } })
  started?.touched('shop/a')
  await pass()
  expect(started?.probed()).toEqual(['10.0.0.2:5432'])
})

test('a successor that serves ends no resync that is under way: it may wait for others', async () => {
  const slow = declaredService({ namespace: 'far', name: 'slow', targets: [host('slow.example.com')] })
  const late = declaredService({ name: 'late', targets: [host('late.example.com')] })
  await start(declaredConfig([at('old', '10.0.0.1')]), { answers: { 'late.example.com': { IPv4: unknown, IPv6: unknown } } })
  started?.running.take(declaredConfig([late]))
  await pass()
  started?.running.take(declaredConfig([late, slow]))
  await pass()
  started?.answer({ 'late.example.com': onlyIPv4('10.0.0.2') })
  await pass()
  expect([published('old'), published('late')]).toEqual([['10.0.0.1'], ['10.0.0.2']])
  started?.answer({ 'slow.example.com': onlyIPv4('10.0.0.3') })
  await pass()
  expect(published('old')).toEqual([])
  expect(started?.happenings.flatMap((happening) => (happening.kind === 'resync' ? [happening.cause] : []))).toEqual(['start', 'leading', 'config', 'config', 'removal'])
})

describe('a removal that waits for others', () => {
  const three = ['a', 'b', 'c'].map((name, index) => at(name, `10.0.0.${index + 1}`))
  const isThere = (): boolean[] => three.map(({ name }) => api.current('shop', name).service !== undefined)

  test.each([
    ['a config that declares its service again', () => { started?.running.take(declaredConfig(three)) }],
    ['a config that is faulty', () => { started?.running.refuse('registrar.yaml:1:1: Missing key: instance') }],
  ])('is called off by %s', async (_, reload) => {
    const { target, hold, letGoOn } = held(memoryTarget(api))
    begin({ declared: declaredConfig(three), target, options: { concurrency: 1 } })
    await pass()
    const gone: boolean[][] = []
    hold()
    started?.running.take(declaredConfig(three.slice(2)))
    await pass()
    reload()
    letGoOn()
    for (let turn = 0; turn < 20; turn++) { await pass(1); gone.push(isThere()) }
    expect(gone.filter(([, isSecondThere]) => isSecondThere === false)).toEqual([])
  })
})

/** A target of which one write waits: the next after `hold`, until it may go on. */
function held(target: Target): { readonly target: Target; readonly hold: () => void; readonly letGoOn: () => void } {
  let isHeld = false
  let letGoOn = (): void => undefined
  return {
    target: { ...target, write: async (changes, signal) => {
      if (isHeld) await new Promise<void>((resolve) => { isHeld = false; letGoOn = resolve })
      return target.write(changes, signal)
    } },
    hold: () => { isHeld = true },
    letGoOn: () => { letGoOn() },
  }
}
