// Whose labels, annotations and fields: ours come and go with the config, those of others survive.

import { describe, expect, test } from '@jest/globals'
import { type DeclaredService } from '../../src/model/declared.ts'
import { appliedAnnotation, evidenceAnnotation, instanceLabel, managedByLabel, overCapacityAnnotation, skipMirrorLabel, sliceManagedByLabel } from '../../src/model/marks.ts'
import { type Endpoints, type EndpointSlice, type ManagedObject, type Service } from '../../src/model/objects.ts'
import { address, declaredService, host, port } from '../support/declared-service.ts'
import { MemoryApi } from '../support/memory-api.ts'
import { onlyIPv4, planOf, type Seen } from '../support/one-service.ts'

const db = declaredService({ targets: [address('10.0.0.1')] })

function apply(api: MemoryApi, declared: DeclaredService, seen: Seen = {}): string[] {
  const { applied, failure } = api.write(planOf(declared, api.current('shop', 'db'), seen).changes)
  expect(failure).toBeUndefined()
  return applied.map((change) => `${change.verb} ${change.verb === 'delete' ? change.current.kind : change.desired.kind}`)
}

function edit<Object extends ManagedObject>(api: MemoryApi, object: Object | undefined, change: (object: Object) => Object): void {
  if (object === undefined) throw new Error('Nothing to edit')
  api.put(change(object))
}

function setUp(declared = db, seen: Seen = {}): { api: MemoryApi; service: () => Service; slice: () => EndpointSlice; endpoints: () => Endpoints } {
  const api = new MemoryApi()
  apply(api, declared, seen)
  const must = <Value>(value: Value | undefined): Value => {
    if (value === undefined) throw new Error('Not there')
    return value
  }
  const current = () => api.current('shop', 'db')
  return { api, service: () => must(current().service), slice: () => must(current().slices[0]), endpoints: () => must(current().endpoints) }
}

describe('marks', () => {
  test('every object says whose it is', () => {
    const { service, slice, endpoints } = setUp()
    for (const object of [service(), slice(), endpoints()]) {
      expect(object.metadata.labels).toMatchObject({ [managedByLabel]: 'endpoint-registrar', [instanceLabel]: 'shop-platform' })
    }
    expect(slice().metadata.labels).toMatchObject({ 'kubernetes.io/service-name': 'db', [sliceManagedByLabel]: 'endpoint-registrar.io' })
    expect(slice().metadata.labels?.['service.kubernetes.io/headless']).toBeUndefined()
  })

  test.each([['both', 'true'], ['endpoints', undefined]] as const)('publish: %s sets skip-mirror to %s', (publish, value) => {
    expect(setUp(db, { publish }).endpoints().metadata.labels?.[skipMirrorLabel]).toBe(value)
  })

  test('what loses a mark by another\'s hand gets it back', () => {
    const { api, slice } = setUp()
    edit(api, slice(), (object) => ({ ...object, metadata: { ...object.metadata, annotations: {} } }))
    edit(api, api.current('shop', 'db').endpoints, (object) => ({ ...object, metadata: { ...object.metadata, labels: { ...object.metadata.labels, [skipMirrorLabel]: 'True' } } }))
    expect(apply(api, db)).toEqual(['update Endpoints'])
  })

  test('owners are the Service by its uid, and never block its deletion', () => {
    const { service, slice, endpoints } = setUp()
    for (const object of [slice(), endpoints()]) {
      expect(object.metadata.ownerReferences).toEqual([{ apiVersion: 'v1', kind: 'Service', name: 'db', uid: service().metadata.uid, controller: true }])
    }
  })

  test('an object of ours without owner gets one', () => {
    const { api, slice, service } = setUp()
    edit(api, slice(), (object) => ({ ...object, metadata: { ...object.metadata, ownerReferences: null } }))
    expect(apply(api, db)).toEqual(['update EndpointSlice'])
    // Never blockOwnerDeletion: it needs a right on services/finalizers.
    expect(slice().metadata.ownerReferences).toEqual([{ apiVersion: 'v1', kind: 'Service', name: 'db', uid: service().metadata.uid, controller: true }])
  })

  test('no object has a finalizer, which would outlive an uninstalled registrar', () => {
    const { service, slice, endpoints } = setUp()
    for (const object of [service(), slice(), endpoints()]) expect(object.metadata).not.toHaveProperty('finalizers')
  })
})

describe('labels and annotations', () => {
  const labelled = { ...db, labels: { team: 'shop' }, annotations: { 'example.com/doc': 'x' } }

  test('declared ones are written and remembered', () => {
    const { metadata } = setUp(labelled).service()
    expect(metadata.labels).toMatchObject({ team: 'shop' })
    expect(metadata.annotations).toMatchObject({ 'example.com/doc': 'x', [appliedAnnotation]: '{"labels":["team"],"annotations":["example.com/doc"]}' })
  })

  test('ours that are no longer declared go, with the memory of them', () => {
    const { api, service } = setUp(labelled)
    expect(apply(api, db)).toEqual(['update Service'])
    expect(service().metadata.labels?.['team']).toBeUndefined()
    expect(service().metadata.annotations).toEqual({})
  })

  test('those of others survive', () => {
    const { api, service } = setUp(labelled)
    edit(api, service(), (object) => ({ ...object, metadata: { ...object.metadata,
      labels: { ...object.metadata.labels, theirs: 'yes' }, annotations: { ...object.metadata.annotations, 'theirs.com/a': 'b' } } }))
    apply(api, db)
    expect(service().metadata.labels).toMatchObject({ theirs: 'yes' })
    expect(service().metadata.annotations).toEqual({ 'theirs.com/a': 'b' })
  })

  test('ours that were edited come back', () => {
    const { api, service } = setUp(labelled)
    edit(api, service(), (object) => ({ ...object, metadata: { ...object.metadata, labels: { ...object.metadata.labels, team: 'other' } } }))
    apply(api, labelled)
    expect(service().metadata.labels?.['team']).toBe('shop')
  })

  test.each(['{', 'null', '5', '{"labels":5}', '{"labels":"team theirs"}', '{"annotations":[7]}'])('a memory that was edited to %s takes nothing away', (text) => {
    const { api, service } = setUp()
    edit(api, service(), (object) => ({ ...object, metadata: { ...object.metadata,
      labels: { ...object.metadata.labels, theirs: 'yes' }, annotations: { [appliedAnnotation]: text } } }))
    apply(api, db)
    expect(service().metadata.labels).toMatchObject({ theirs: 'yes' })
  })
})

describe('fields that we do not know', () => {
  test('survive in the Service, its ports, the slice, its endpoints and the Endpoints', () => {
    const { api, service, slice, endpoints } = setUp()
    edit(api, service(), (object) => ({ ...object, spec: { ...object.spec, futureField: 1, ports: (object.spec.ports ?? []).map((each) => ({ ...each, futurePort: 2 })) }, status: { loadBalancer: {} } }))
    edit(api, slice(), (object) => ({ ...object, future: 3, endpoints: (object.endpoints ?? []).map((each) => ({ ...each, zone: 'a' })) }))
    edit(api, endpoints(), (object) => ({ ...object, future: 4 }))
    apply(api, { ...db, labels: { a: 'b' }, targets: [address('10.0.0.1'), address('10.0.0.2')] })
    expect(service()).toMatchObject({ spec: { futureField: 1, ports: [{ futurePort: 2 }] }, status: { loadBalancer: {} } })
    expect(slice()).toMatchObject({ future: 3, endpoints: [{ addresses: ['10.0.0.1'], zone: 'a' }, { addresses: ['10.0.0.2'] }] })
    expect(endpoints()).toMatchObject({ future: 4 })
  })

  test('what the server sets is no difference', () => {
    const { api } = setUp(declaredService({ targets: [address('10.0.0.1')], ports: [port('', 80, 8080)] }))
    expect(apply(api, declaredService({ targets: [address('10.0.0.1')], ports: [port('', 80, 8080)] }))).toEqual([])
  })
})

describe('the Service', () => {
  test('is selectorless, and the cluster chooses what is not declared', () => {
    const { service } = setUp()
    const created = planOf(db, { namespace: 'shop', name: 'db', slices: [] }, {}).changes[0]
    expect(created?.verb === 'create' && created.desired).toMatchObject({ spec: { type: 'ClusterIP', ports: [{ name: 'pg', port: 5432, targetPort: 5432, protocol: 'TCP' }] } })
    expect(created?.verb === 'create' && created.desired.kind === 'Service' && Object.keys(created.desired.spec)).toEqual(['type', 'ports'])
    expect(service().spec.selector).toBeUndefined()
  })

  test('Headless has clusterIP None', () => {
    expect(setUp({ ...db, type: 'Headless' }).service().spec.clusterIP).toBe('None')
  })

  test('internalTrafficPolicy Local is put back, since an outside endpoint is on no node', () => {
    const { api, service } = setUp()
    edit(api, service(), (object) => ({ ...object, spec: { ...object.spec, internalTrafficPolicy: 'Local' } }))
    apply(api, db)
    expect(service().spec.internalTrafficPolicy).toBe('Cluster')
  })

  test('an adopted ExternalName becomes what is declared', () => {
    const api = new MemoryApi()
    api.put({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'db', namespace: 'shop' }, spec: { type: 'ExternalName', externalName: 'db.example.com' } })
    apply(api, { ...db, adopt: true })
    expect(api.current('shop', 'db').service?.spec).toMatchObject({ type: 'ClusterIP', clusterIP: '10.96.0.10' })
    expect(api.current('shop', 'db').service?.spec.externalName).toBeUndefined()
  })

  test('a node port that somebody opened is closed again', () => {
    const { api, service } = setUp()
    edit(api, service(), (object) => ({ ...object, spec: { ...object.spec, type: 'NodePort', ports: (object.spec.ports ?? []).map((each) => ({ ...each, nodePort: 30_000 })) } }))
    apply(api, db)
    expect(service().spec).toMatchObject({ type: 'ClusterIP' })
    expect(JSON.stringify(service().spec)).not.toContain('nodePort')
  })
})

describe('slices', () => {
  test('of a single unnamed port have the port name ""', () => {
    const { slice, endpoints } = setUp(declaredService({ targets: [address('10.0.0.1')], ports: [port('', 80, 8080)] }))
    expect(slice().ports).toEqual([{ name: '', port: 8080, protocol: 'TCP' }])
    expect(endpoints().subsets?.[0]?.ports).toEqual([{ port: 8080, protocol: 'TCP' }])
  })

  test('carry protocol and appProtocol', () => {
    const spoken = declaredService({ targets: [address('10.0.0.1')], ports: [{ ...port('pg', 5432), appProtocol: 'postgresql.org/wire' }] })
    const { slice, service, endpoints } = setUp(spoken)
    expect(slice().ports).toEqual([{ name: 'pg', port: 5432, protocol: 'TCP', appProtocol: 'postgresql.org/wire' }])
    expect(service().spec.ports).toMatchObject([{ appProtocol: 'postgresql.org/wire' }])
    expect(endpoints().subsets?.[0]?.ports).toMatchObject([{ appProtocol: 'postgresql.org/wire' }])
  })

  test('an adopted endpoint with two addresses keeps the one that kube-proxy uses', () => {
    const api = new MemoryApi()
    api.put({
      apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4', ports: [{ name: 'pg', port: 5432, protocol: 'TCP' }],
      metadata: { name: 'by-hand', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'db' } },
      endpoints: [{ addresses: ['10.0.0.1', '10.0.0.99'] }],
    })
    apply(api, { ...db, adopt: true })
    expect(api.current('shop', 'db').slices).toMatchObject([{ endpoints: [{ addresses: ['10.0.0.1'] }] }])
  })

  test('an endpoint that gained an address by another\'s hand is put right', () => {
    const { api, slice } = setUp()
    edit(api, slice(), (object) => ({ ...object, endpoints: [{ addresses: ['10.0.0.1', '10.0.0.99'], conditions: { ready: true, serving: true, terminating: false } }] }))
    expect(apply(api, db)).toEqual(['update EndpointSlice'])
  })

  test('no address and port is in two slices, also when two targets share only some of their ports', () => {
    const shared = declaredService({
      ports: [port('pg', 5432), port('metrics', 9187)],
      targets: [address('10.0.0.1'), address('10.0.0.1', { ports: { metrics: 9188 } })],
    })
    const { api } = setUp(shared)
    const published = api.current('shop', 'db').slices.flatMap(({ endpoints, ports }) =>
      (endpoints ?? []).flatMap(({ addresses }) => (ports ?? []).map(({ name, port: number }) => `${name ?? ''}=${addresses[0] ?? ''}:${number ?? ''}`)))
    expect(published.sort()).toEqual(['metrics=10.0.0.1:9187', 'metrics=10.0.0.1:9188', 'pg=10.0.0.1:5432'])
    expect(apply(api, shared)).toEqual([])
  })
})

describe('Endpoints', () => {
  const many = (count: number): DeclaredService => declaredService({ targets: Array.from({ length: count }, (_, index) =>
    address(`10.1.${Math.floor(index / 250)}.${index % 250 + 1}`)) })

  test('hold at most 1,000 addresses, ready ones first, annotated as truncated and said', () => {
    const { endpoints, api } = setUp(many(1001), { verdicts: { '10.1.0.1': 'unready' } })
    const ips = (endpoints().subsets ?? []).flatMap(({ addresses, notReadyAddresses }) => [...addresses ?? [], ...notReadyAddresses ?? []].map(({ ip }) => ip))
    expect(ips).toHaveLength(1000)
    expect(ips).not.toContain('10.1.0.1')
    expect(endpoints().metadata.annotations?.[overCapacityAnnotation]).toBe('truncated')
    expect(planOf(many(1001), api.current('shop', 'db'), {}).messages.join()).toContain('1000 of 1001')
    apply(api, many(3))
    expect(endpoints().metadata.annotations?.[overCapacityAnnotation]).toBeUndefined()
  })

  test('publish: endpoints refuses more', () => {
    expect(planOf(many(1001), { namespace: 'shop', name: 'db', slices: [] }, { publish: 'endpoints' })).toMatchObject({ status: 'failed', changes: [] })
    expect(planOf(many(1000), { namespace: 'shop', name: 'db', slices: [] }, { publish: 'endpoints' })).toMatchObject({ status: 'done' })
  })

  test('an unready address is one of notReadyAddresses', () => {
    const { endpoints } = setUp(declaredService({ targets: [address('10.0.0.1'), address('10.0.0.2')] }), { verdicts: { '10.0.0.1': 'unready' } })
    expect(endpoints().subsets).toEqual([{ addresses: [{ ip: '10.0.0.2' }], notReadyAddresses: [{ ip: '10.0.0.1' }], ports: [{ name: 'pg', port: 5432, protocol: 'TCP' }] }])
  })

  test('alone remember the verdict of an address that was drained, not the decision', () => {
    const drained = declaredService({ targets: [address('10.0.0.1', { drain: true }), address('10.0.0.2')] })
    const { api, endpoints } = setUp(drained, { publish: 'endpoints' })
    expect(endpoints().subsets?.[0]?.notReadyAddresses).toEqual([{ ip: '10.0.0.1' }])
    apply(api, declaredService({ targets: [address('10.0.0.1'), address('10.0.0.2')] }), { publish: 'endpoints', isProbing: false })
    expect(endpoints().subsets?.[0]?.notReadyAddresses).toBeUndefined()
  })

  test('remember where they are all there is, and nothing beside slices', () => {
    const byHost = declaredService({ targets: [host('db.example.com')] })
    const seen = (publish: 'both' | 'endpoints'): Seen => ({ publish, answers: { 'db.example.com': onlyIPv4('10.0.0.1') } })
    expect(setUp(byHost, seen('both')).endpoints().metadata.annotations).toBeUndefined()
    expect(setUp(byHost, seen('endpoints')).endpoints().metadata.annotations?.[evidenceAnnotation]).toBe('{"hosts":{"db.example.com":["10.0.0.1"]}}')
    expect(setUp(byHost, seen('both')).slice().metadata.annotations?.[evidenceAnnotation]).toBe('{"hosts":{"db.example.com":["10.0.0.1"]}}')
  })
})

test('static addresses that are ready leave no evidence to write', () => {
  expect(setUp().slice().metadata.annotations).toBeUndefined()
})
