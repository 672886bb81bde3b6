// What people and other tools did to the objects in between is put right, or left alone, and never made worse.

import { describe, expect, test } from '@jest/globals'
import { adoptedAnnotation, headlessLabel, instanceLabel, managedByLabel } from '../../src/model/marks.ts'
import { type CurrentService, type Service } from '../../src/model/objects.ts'
import { planRemovals } from '../../src/plan/plan-removals.ts'
import { address, declaredService, host } from '../support/declared-service.ts'
import { MemoryApi } from '../support/memory-api.ts'
import { found, instance, nothingThere, planOf, servedBy, unknown, absent } from '../support/one-service.ts'

const db = declaredService({ targets: [address('10.0.0.1')] })

function started(): MemoryApi {
  const api = new MemoryApi()
  api.write(planOf(db, nothingThere, {}).changes)
  return api
}

function serviceOf(api: MemoryApi): Service {
  const { service } = api.current('shop', 'db')
  if (service === undefined) throw new Error('No Service')
  return service
}

function planned(current: CurrentService, changes = {}): ReturnType<typeof planOf> {
  return planOf(declaredService({ targets: [address('10.0.0.1')], ...changes }), current, { recreate: true })
}

describe('a Service that lost our marks', () => {
  test('keeps its endpoints when it is no longer declared: they are released, not deleted', () => {
    const api = started()
    const service = serviceOf(api)
    api.put({ ...service, metadata: { ...service.metadata, labels: {} } })
    const [removal] = planRemovals([api.current('shop', 'db')], new Set(), instance)
    expect(removal?.kind).toBe('release')
    api.write(removal?.changes ?? [])
    expect(servedBy(api.current('shop', 'db'))).toEqual(['10.0.0.1:5432'])
  })

  test('and kept our instance can be adopted again', () => {
    const api = started()
    const service = serviceOf(api)
    api.put({ ...service, metadata: { ...service.metadata, labels: { [instanceLabel]: instance } } })
    expect(planned(api.current('shop', 'db')).status).toBe('refused')
    expect(planned(api.current('shop', 'db'), { adopt: true }).status).toBe('done')
  })
})

test.each([
  ['kapp.k14s.io/app', '123'], ['objectset.rio.cattle.io/hash', 'abc'], ['config.k8s.io/owning-inventory', 'x'],
  ['argocd.argoproj.io/instance', 'shop'], ['olm.managed', 'true'], [managedByLabel, 'argocd'], [managedByLabel, 'Helm'],
])('a Service with the mark %s: %s is not adopted', (mark, value) => {
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'db', namespace: 'shop', uid: 'u', labels: { [mark]: value } }, spec: { clusterIP: '10.96.0.9' } } as const
  expect(planned({ ...nothingThere, service }, { adopt: true })).toMatchObject({ status: 'refused', changes: [] })
})

test('a Service is marked as ours before anything else of it is touched', () => {
  const service: Service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'db', namespace: 'shop', uid: 'u' }, spec: { type: 'ExternalName', externalName: 'db.example.com' } }
  const [first, ...rest] = planned({ ...nothingThere, service }, { adopt: true }).changes
  expect(first).toMatchObject({ verb: 'update', desired: { kind: 'Service', spec: service.spec, metadata: { annotations: { [adoptedAnnotation]: 'true' } } } })
  expect(rest.map((change) => change.verb)).toEqual(['create', 'update', 'create'])
})

test('a Service made a LoadBalancer by hand is a ClusterIP again, without what only a LoadBalancer may have', () => {
  const api = started()
  const service = serviceOf(api)
  api.put({ ...service, spec: { ...service.spec, type: 'LoadBalancer', loadBalancerSourceRanges: ['10.0.0.0/8'], externalTrafficPolicy: 'Local', sessionAffinity: 'ClientIP' } })
  const [change] = planned(api.current('shop', 'db')).changes
  if (change?.verb !== 'update' || change.desired.kind !== 'Service') throw new Error('No update of the Service')
  expect(change.desired.spec).toMatchObject({ type: 'ClusterIP', sessionAffinity: 'ClientIP' })
  expect(Object.keys(change.desired.spec)).not.toEqual(expect.arrayContaining(['loadBalancerSourceRanges']))
  expect(Object.keys(change.desired.spec)).not.toEqual(expect.arrayContaining(['externalTrafficPolicy']))
})

test('a slice that was hidden from kube-proxy by a label is seen again', () => {
  const api = started()
  const [slice] = api.current('shop', 'db').slices
  if (slice === undefined) throw new Error('No slice')
  api.put({ ...slice, metadata: { ...slice.metadata, labels: { ...slice.metadata.labels, [headlessLabel]: '' } } })
  expect(planned(api.current('shop', 'db')).changes.map(({ summary }) => summary)).toEqual([[`label -${headlessLabel}`]])
})

test('--recreate keeps what others put on the Service, and that it was adopted', () => {
  const api = started()
  const service = serviceOf(api)
  api.put({ ...service, metadata: { ...service.metadata, labels: { ...service.metadata.labels, team: 'shop' }, annotations: { [adoptedAnnotation]: 'true' } }, spec: { ...service.spec, sessionAffinity: 'ClientIP' } })
  const create = planned(api.current('shop', 'db'), { type: 'Headless' }).changes.find(({ verb }) => verb === 'create')
  if (create?.verb !== 'create' || create.desired.kind !== 'Service') throw new Error('No create of the Service')
  const { metadata, spec } = create.desired
  expect(metadata).toMatchObject({ labels: { team: 'shop' }, annotations: { [adoptedAnnotation]: 'true' } })
  expect(metadata.uid).toBeUndefined()
  expect(metadata.resourceVersion).toBeUndefined()
  expect(spec).toMatchObject({ clusterIP: 'None', sessionAffinity: 'ClientIP' })
  expect(spec.clusterIPs).toBeUndefined()
})

test('addresses that all are refused go, and that is no success', () => {
  const plan = planOf(db, started().current('shop', 'db'), { refused: { '10.0.0.1': 'inside the denied 10.0.0.0/8' } })
  expect(plan).toMatchObject({ status: 'failed', messages: [expect.stringContaining('Every address is refused')] })
})

test('a host that never answers does not hold addresses that another host has given up', () => {
  const pool = declaredService({ targets: [host('a.example.com'), host('typo.example.com')] })
  const api = new MemoryApi()
  const typo = { IPv4: absent, IPv6: absent }
  for (const address of ['10.0.0.1', '10.0.0.2', '10.0.0.3']) {
    api.write(planOf(pool, api.current('shop', 'db'), { answers: { 'a.example.com': { IPv4: found(address), IPv6: absent }, 'typo.example.com': typo } }).changes)
  }
  expect(servedBy(api.current('shop', 'db'))).toEqual(['10.0.0.3:5432'])
  const silent = { 'a.example.com': { IPv4: unknown, IPv6: unknown }, 'typo.example.com': typo }
  api.write(planOf(pool, api.current('shop', 'db'), { answers: silent }).changes)
  expect(servedBy(api.current('shop', 'db'))).toEqual(['10.0.0.3:5432'])
})
