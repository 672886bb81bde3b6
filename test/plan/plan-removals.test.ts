// RULES 5: what is no longer declared is deleted if we made it, released if we adopted it, left alone if it is not ours.

import { describe, expect, test } from '@jest/globals'
import { adoptedAnnotation, instanceLabel, managedByLabel, pausedAnnotation, serviceNameLabel, skipMirrorLabel, sliceManagedByLabel } from '../../src/model/marks.ts'
import { type CurrentService } from '../../src/model/objects.ts'
import { planRemovals } from '../../src/plan/plan-removals.ts'
import { address, declaredService } from '../support/declared-service.ts'
import { MemoryApi } from '../support/memory-api.ts'
import { instance, nothingThere, planOf, servedBy, type Seen } from '../support/one-service.ts'

function owned(annotations: Record<string, string> = {}, seen: Seen = {}): MemoryApi {
  const api = new MemoryApi()
  api.write(planOf(declaredService({ targets: [address('10.0.0.1')] }), nothingThere, seen).changes)
  const { service } = api.current('shop', 'db')
  if (service !== undefined) api.put({ ...service, metadata: { ...service.metadata, annotations } })
  return api
}

function removalsOf(current: CurrentService, declared: string[] = []): ReturnType<typeof planRemovals> {
  return planRemovals([current], new Set(declared), instance)
}

function kinds(current: CurrentService): string[] {
  return removalsOf(current).flatMap(({ changes }) => changes.map((change) => `${change.verb} ${change.verb === 'delete' ? change.current.kind : change.desired.kind}`))
}

describe('planRemovals()', () => {
  test('deletes all that is ours of a service that is not declared', () => {
    expect(removalsOf(owned().current('shop', 'db'))).toMatchObject([{ namespace: 'shop', name: 'db', kind: 'prune' }])
    expect(kinds(owned().current('shop', 'db'))).toEqual(['delete Service', 'delete EndpointSlice', 'delete Endpoints'])
  })

  test('leaves what is declared', () => {
    expect(removalsOf(owned().current('shop', 'db'), ['shop/db'])).toEqual([])
  })

  test('leaves what is of another instance', () => {
    expect(planRemovals([owned().current('shop', 'db')], new Set(), 'billing')).toEqual([])
  })

  test('leaves what is foreign', () => {
    expect(removalsOf({ ...nothingThere, service: { apiVersion: 'v1', kind: 'Service', metadata: { name: 'db', namespace: 'shop' }, spec: {} } })).toEqual([])
  })

  test('leaves mirrored slices to the mirror', () => {
    const api = owned({}, { publish: 'endpoints' })
    api.mirror()
    expect(kinds(api.current('shop', 'db'))).toEqual(['delete Service', 'delete Endpoints'])
  })

  test('clears leftovers of ours whose Service is gone', () => {
    const { slices, endpoints } = owned().current('shop', 'db')
    expect(kinds({ ...nothingThere, slices, ...(endpoints && { endpoints }) })).toEqual(['delete EndpointSlice', 'delete Endpoints'])
  })

  test('does not delete what is being deleted', () => {
    const { service, ...rest } = owned().current('shop', 'db')
    if (service === undefined) throw new Error('No Service')
    expect(kinds({ ...rest, service: { ...service, metadata: { ...service.metadata, deletionTimestamp: 'now' } } })).toEqual(['delete EndpointSlice', 'delete Endpoints'])
  })

  test('paused: nothing of it is changed, and it is said', () => {
    expect(removalsOf(owned({ [pausedAnnotation]: 'true' }).current('shop', 'db'))).toMatchObject([{ changes: [], withheld: 'Paused: nothing of it is changed' }])
  })

  test('a Service that has a selector now is left alone', () => {
    const { service, ...rest } = owned().current('shop', 'db')
    if (service === undefined) throw new Error('No Service')
    const [removal] = removalsOf({ ...rest, service: { ...service, spec: { ...service.spec, selector: { app: 'x' } } } })
    expect(removal).toMatchObject({ changes: [], withheld: 'Service has a selector now: left alone' })
  })
})

describe('an adopted service', () => {
  test('is released: our marks come off and it goes on serving', () => {
    const api = owned({ [adoptedAnnotation]: 'true', theirs: 'yes' })
    const [removal] = removalsOf(api.current('shop', 'db'))
    expect(removal?.kind).toBe('release')
    expect(api.write(removal?.changes ?? []).failure).toBeUndefined()
    for (const { metadata } of api.objects()) {
      for (const mark of [managedByLabel, instanceLabel, sliceManagedByLabel]) expect(metadata.labels?.[mark]).toBeUndefined()
    }
    const { service, slices, endpoints } = api.current('shop', 'db')
    expect(service?.metadata.annotations).toEqual({ theirs: 'yes' })
    expect(slices[0]?.metadata.labels).toEqual({ [serviceNameLabel]: 'db' })
    expect(endpoints?.metadata.labels).toEqual({ [skipMirrorLabel]: 'true' })
    expect(servedBy(api.current('shop', 'db'))).toEqual(['10.0.0.1:5432'])
  })

  test('once released is not ours: a second pass sees nothing of it', () => {
    const api = owned({ [adoptedAnnotation]: 'true' })
    api.write(removalsOf(api.current('shop', 'db'))[0]?.changes ?? [])
    expect(removalsOf(api.current('shop', 'db'))).toEqual([])
  })

  test('whose release broke off half-way is still released by the next', () => {
    const api = owned({ [adoptedAnnotation]: 'true' })
    api.write((removalsOf(api.current('shop', 'db'))[0]?.changes ?? []).slice(0, 1))
    expect(kinds(api.current('shop', 'db'))).toEqual(['update Endpoints', 'update Service'])
  })
})
