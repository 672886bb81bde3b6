// RULES 5: the guard withholds deletions, and nothing else.

import { describe, expect, test } from '@jest/globals'
import { type Removal, type ServicePlan } from '../../src/model/changes.ts'
import { type Service } from '../../src/model/objects.ts'
import { guardPlan } from '../../src/plan/guard.ts'

function service(name: string): Service {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'shop' }, spec: {} }
}

function prunes(count: number): Removal[] {
  return Array.from({ length: count }, (_, index) => ({
    namespace: 'shop', name: `old-${index}`, kind: 'prune' as const, changes: [{ verb: 'delete' as const, current: service(`old-${index}`), summary: [] }],
  }))
}

const created: ServicePlan = { namespace: 'shop', name: 'new', status: 'done', messages: [], addresses: [], changes: [{ verb: 'create', desired: service('new'), summary: [] }] }
const recreated: ServicePlan = { ...created, name: 'again', changes: [{ verb: 'delete', current: service('again'), summary: [] }, { verb: 'create', desired: service('again'), summary: [] }] }
const released: Removal = { namespace: 'shop', name: 'adopted', kind: 'release', changes: [{ verb: 'update', current: service('adopted'), desired: service('adopted'), summary: [] }] }

describe('guardPlan()', () => {
  test.each([
    [9, 9, 30, false, 'of fewer than 10 a percentage says nothing'],
    [10, 3, 30, false, 'exactly the limit'],
    [10, 4, 30, true, 'one more than the limit'],
    [100, 30, 30, false, 'exactly the limit'],
    [100, 31, 30, true, 'one more than the limit'],
    [10, 1, 0, true, '0 lets none go'],
    [10, 10, 100, false, '100 lets all go'],
    [10, 0, 0, false, 'nothing to delete'],
  ])('%i owned, %i deleted, at most %i%%: withheld %s (%s)', (owned, deletions, maxDeletePercent, isWithheld) => {
    const plan = guardPlan({ services: [created], removals: prunes(deletions), owned, maxDeletePercent, allowDeletes: false })
    expect(plan.removals.every(({ withheld }) => (withheld !== undefined) === isWithheld)).toBe(true)
    expect(plan.guard).toEqual(isWithheld ? { deletions, owned, maxDeletePercent } : undefined)
  })

  test('withholds the deletions only: all else is done', () => {
    const plan = guardPlan({ services: [created, recreated], removals: [...prunes(4), released], owned: 10, maxDeletePercent: 30, allowDeletes: false })
    expect(plan.services[0]).toBe(created)
    expect(plan.removals.at(-1)).toBe(released)
    expect(plan.removals.slice(0, 4).map(({ withheld }) => withheld?.startsWith('Withheld by the guard: 5 of 10'))).toEqual([true, true, true, true])
  })

  test('--recreate counts, and its deletion is withheld with the whole service', () => {
    const plan = guardPlan({ services: [created, recreated, recreated], removals: prunes(2), owned: 10, maxDeletePercent: 30, allowDeletes: false })
    expect(plan.guard).toMatchObject({ deletions: 4 })
    expect(plan.services.map(({ status, changes }) => [status, changes.length])).toEqual([['done', 1], ['withheld', 0], ['withheld', 0]])
  })

  test('a release is no deletion, nor is what was withheld already', () => {
    const paused = prunes(4).map((removal) => ({ ...removal, withheld: 'Paused' }))
    expect(guardPlan({ services: [], removals: [released, ...paused], owned: 10, maxDeletePercent: 0, allowDeletes: false }).guard).toBeUndefined()
  })

  test('--allow-deletes does it', () => {
    expect(guardPlan({ services: [], removals: prunes(10), owned: 10, maxDeletePercent: 0, allowDeletes: true }).removals.some(({ withheld }) => withheld !== undefined)).toBe(false)
  })
})
