import { describe, expect, test } from '@jest/globals'
import { pausedAnnotation } from '../../src/model/marks.ts'
import { address, declaredService, port } from '../support/declared-service.ts'
import { MemoryApi } from '../support/memory-api.ts'
import { nothingThere, planOf } from '../support/one-service.ts'

const db = declaredService({ targets: [address('10.0.0.1')] })
const headless = { ...db, type: 'Headless' } as const

function started(declared = db): MemoryApi {
  const api = new MemoryApi()
  api.write(planOf(declared, nothingThere, {}).changes)
  return api
}

describe('planService()', () => {
  test.each([['ClusterIP to Headless', db, headless], ['Headless to ClusterIP', headless, db]] as const)('%s is refused without --recreate', (what, before, after) => {
    const plan = planOf(after, started(before).current('shop', 'db'), {})
    expect(plan).toMatchObject({ status: 'refused', changes: [] })
    expect(plan.messages.join()).toBe(`${what} needs delete and create, an outage between the two: --recreate does it`)
  })

  test('an ExternalName may become anything without --recreate', () => {
    const api = new MemoryApi()
    api.put({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'db', namespace: 'shop' }, spec: { type: 'ExternalName', externalName: 'x' } })
    expect(planOf({ ...headless, adopt: true }, api.current('shop', 'db'), {}).status).toBe('done')
  })

  test('paused by the annotation: nothing of it is changed, but only by exactly "true"', () => {
    const api = started()
    const { service } = api.current('shop', 'db')
    if (service === undefined) throw new Error('No Service')
    const more = declaredService({ targets: [address('10.0.0.1'), address('10.0.0.2')] })
    api.put({ ...service, metadata: { ...service.metadata, annotations: { [pausedAnnotation]: 'true' } } })
    expect(planOf(more, api.current('shop', 'db'), {})).toMatchObject({ status: 'paused', changes: [], messages: ['Paused: nothing of it is changed'] })
    api.put({ ...service, metadata: { ...service.metadata, annotations: { [pausedAnnotation]: 'no' } } })
    expect(planOf(more, api.current('shop', 'db'), {}).status).toBe('done')
  })

  test('paused comes before --recreate and before a refusal', () => {
    const api = started()
    expect(planOf({ ...headless, paused: true }, api.current('shop', 'db'), { recreate: true })).toMatchObject({ status: 'paused', changes: [] })
  })

  test('each change says what in the object changes', () => {
    const api = started(declaredService({ targets: [address('10.0.0.1'), address('10.0.0.2')] }))
    const changed = declaredService({ targets: [address('10.0.0.1'), address('10.0.0.3')], labels: { team: 'shop' }, ports: [port('pg', 5432, 6432)] })
    const { changes } = planOf(changed, api.current('shop', 'db'), { verdicts: { '10.0.0.1': 'unready' } })
    expect(changes.map(({ verb, summary }) => [verb, summary])).toEqual([
      ['update', ['annotation +endpoint-registrar.io/evidence', 'port +pg 6432/TCP', 'port -pg 5432/TCP', '+10.0.0.3', '-10.0.0.2', '10.0.0.1 now not ready']],
      ['update', ['label +team', 'annotation +endpoint-registrar.io/applied', 'port +pg 5432->6432/TCP', 'port -pg 5432->5432/TCP']],
      ['update', ['+10.0.0.3:pg=6432', '+10.0.0.1:pg=6432 (not ready)', '-10.0.0.1:pg=5432', '-10.0.0.2:pg=5432']],
    ])
  })

  test('a create says what it makes', () => {
    expect(planOf(db, nothingThere, {}).changes.map(({ summary }) => summary)).toEqual([
      ['ports pg 5432->5432/TCP'], ['10.0.0.1', 'ports pg 5432/TCP'], ['10.0.0.1:pg=5432'],
    ])
  })
})
