// Never touch what is not ours: what is refused, adopted or left alone, and in which words.

import { describe, expect, test } from '@jest/globals'
import { type CurrentService, type Endpoints, type EndpointSlice, type ObjectMeta, type Service, type ServiceSpec } from '../../src/model/objects.ts'
import { instanceLabel, managedByLabel, mirroringController, serviceNameLabel, sliceController, sliceManagedByLabel } from '../../src/model/marks.ts'
import { address, declaredService } from '../support/declared-service.ts'
import { MemoryApi } from '../support/memory-api.ts'
import { decisions, nothingThere, onlyIPv4, planOf, servedBy, unknown } from '../support/one-service.ts'
import { host } from '../support/declared-service.ts'

const db = declaredService({ targets: [address('10.0.0.1')] })
const adopting = { ...db, adopt: true }
const ours = { [managedByLabel]: 'endpoint-registrar', [instanceLabel]: 'shop-platform' }
const others = { [managedByLabel]: 'endpoint-registrar', [instanceLabel]: 'billing' }

function service(metadata: Partial<ObjectMeta> = {}, spec: ServiceSpec = { type: 'ClusterIP', clusterIP: '10.96.0.1', ports: [] }): Service {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name: 'db', namespace: 'shop', uid: 'u', ...metadata }, spec }
}

function slice(labels: Record<string, string>, metadata: Partial<ObjectMeta> = {}): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4',
    metadata: { name: 'db-x', namespace: 'shop', labels: { [serviceNameLabel]: 'db', ...labels }, ...metadata },
    endpoints: [{ addresses: ['10.0.0.7'] }], ports: [{ name: 'pg', port: 5432, protocol: 'TCP' }],
  }
}

function endpoints(metadata: Partial<ObjectMeta> = {}): Endpoints {
  return { apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'db', namespace: 'shop', ...metadata }, subsets: [{ addresses: [{ ip: '10.0.0.7' }], ports: [{ name: 'pg', port: 5432 }] }] }
}

const owned = { ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'd' }] }
const controlled = { ownerReferences: [{ apiVersion: 'x/v1', kind: 'Shard', name: 's', uid: 'd', controller: true }] }

describe('refused without adopt', () => {
  test.each<[string, Partial<CurrentService>, string]>([
    ['a foreign Service', { service: service() }, 'is not ours'],
    ['a Service of another instance', { service: service({ labels: others }) }, 'belongs to instance billing'],
    ['a Service of ours that got a selector', { service: service({ labels: ours }, { selector: { app: 'x' } }) }, 'has a selector'],
    ['a Service of ours that is being deleted', { service: service({ labels: ours, deletionTimestamp: 'now' }) }, 'is being deleted'],
    ['a hand-made slice', { slices: [slice({})] }, 'db-x of somebody else serves'],
    ['a slice of another manager', { slices: [slice({ [sliceManagedByLabel]: 'lb.example.com' })] }, 'db-x of lb.example.com'],
    ['a slice of the slice controller', { slices: [slice({ [sliceManagedByLabel]: sliceController })] }, sliceController],
    ['a slice of another instance', { slices: [slice(others)] }, 'belongs to instance billing'],
    ['a mirrored leftover of Endpoints that are not ours', { slices: [slice({ [sliceManagedByLabel]: mirroringController })] }, 'is mirrored from Endpoints that are not ours'],
    ['a slice mirrored from hand-made Endpoints', { slices: [slice({ [sliceManagedByLabel]: mirroringController, ...ours })], endpoints: endpoints() }, 'mirrored'],
    ['foreign Endpoints', { endpoints: endpoints() }, 'Endpoints of this name are not ours'],
    ['Endpoints of another instance', { endpoints: endpoints({ labels: others }) }, 'Endpoints belong to instance billing'],
  ])('%s', (_, current, reason) => {
    const plan = planOf(db, { ...nothingThere, ...current }, {})
    expect(plan).toMatchObject({ status: 'refused', changes: [] })
    expect(plan.messages.join()).toContain(reason)
  })
})

describe('refused even with adopt', () => {
  test.each<[string, Partial<CurrentService>, string]>([
    ['a Service with a selector', { service: service({}, { selector: { app: 'x' } }) }, 'has a selector'],
    ['a Service of another instance', { service: service({ labels: others }) }, 'belongs to instance billing'],
    ['anything with an ownerReference', { service: service(owned) }, 'belongs to Deployment web'],
    ['a Knative Service (a kind of the same name)', { service: service({ ownerReferences: [{ apiVersion: 'serving.knative.dev/v1', kind: 'Service', name: 'db', uid: 'k' }] }) }, 'belongs to Service db'],
    ['a Helm release', { service: service({ annotations: { 'meta.helm.sh/release-name': 'web' } }) }, 'meta.helm.sh/release-name'],
    ['a Service that Helm manages', { service: service({ labels: { [managedByLabel]: 'Helm' } }) }, 'Helm'],
    ['an Argo CD tracking id', { service: service({ annotations: { 'argocd.argoproj.io/tracking-id': 'x' } }) }, 'argocd'],
    ['an Argo CD instance', { service: service({ labels: { 'argocd.argoproj.io/instance': 'x' } }) }, 'argocd'],
    ['a Flux Kustomization', { service: service({ labels: { 'kustomize.toolkit.fluxcd.io/name': 'x' } }) }, 'fluxcd'],
    ['a Flux HelmRelease', { service: service({ labels: { 'helm.toolkit.fluxcd.io/name': 'x' } }) }, 'fluxcd'],
    ['a LoadBalancer', { service: service({}, { type: 'LoadBalancer' }) }, 'LoadBalancer'],
    ['a NodePort', { service: service({}, { type: 'NodePort' }) }, 'NodePort'],
    ['a slice of the slice controller', { service: service(), slices: [slice({ [sliceManagedByLabel]: sliceController })] }, sliceController],
    ['a slice of another controller', { service: service(), slices: [slice({}, controlled)] }, 'Shard'],
    ['a slice of another instance', { service: service(), slices: [slice(others)] }, 'billing'],
    ['Endpoints of another instance', { service: service(), endpoints: endpoints({ labels: others }) }, 'billing'],
    ['Endpoints that somebody owns', { service: service(), endpoints: endpoints(owned) }, 'belongs to Deployment web'],
    ['Endpoints of a Helm release', { service: service(), endpoints: endpoints({ annotations: { 'meta.helm.sh/release-name': 'web' } }) }, 'meta.helm.sh/release-name'],
    ['a slice of a Helm release', { service: service(), slices: [slice({}, { annotations: { 'meta.helm.sh/release-name': 'web' } })] }, 'meta.helm.sh/release-name'],
  ])('%s', (_, current, reason) => {
    const plan = planOf(adopting, { ...nothingThere, ...current }, {})
    expect(plan).toMatchObject({ status: 'refused', changes: [] })
    expect(plan.messages.join()).toContain(reason)
  })

  test('default/kubernetes', () => {
    const kubernetes = { ...adopting, namespace: 'default', name: 'kubernetes' }
    expect(planOf(kubernetes, { namespace: 'default', name: 'kubernetes', slices: [] }, {})).toMatchObject({ status: 'refused', changes: [] })
  })
})

test('what cannot be read is not changed', () => {
  expect(planOf(db, { ...nothingThere, unreadable: 'Namespace shop is terminating' }, {})).toMatchObject({ status: 'refused', changes: [], messages: ['Namespace shop is terminating'] })
})

describe('adopt: true', () => {
  function handMade(type: 'ClusterIP' | 'Headless' | 'ExternalName' = 'ClusterIP'): MemoryApi {
    const api = new MemoryApi()
    const spec: ServiceSpec = type === 'ExternalName' ? { type, externalName: 'old.example.com' }
      : { type: 'ClusterIP', clusterIP: type === 'Headless' ? 'None' : '10.96.0.1', ports: [{ name: 'pg', port: 5432 }] }
    api.put(service({}, spec))
    if (type !== 'ExternalName') api.put(endpoints())
    api.mirror()
    return api
  }

  test.each(['ClusterIP', 'Headless', 'ExternalName'] as const)('takes a %s Service, says what it took and marks it as adopted', (type) => {
    const api = handMade(type)
    const plan = planOf({ ...adopting, type: type === 'Headless' ? 'Headless' : 'ClusterIP' }, api.current('shop', 'db'), {})
    expect(plan.status).toBe('done')
    expect(plan.messages).toContain('Adopts Service db')
    expect(api.write(plan.changes).failure).toBeUndefined()
    expect(api.current('shop', 'db').service?.metadata).toMatchObject({ labels: ours, annotations: { 'endpoint-registrar.io/adopted': 'true' } })
  })

  test('its addresses stay until every declared host has answered', () => {
    const two = declaredService({ adopt: true, targets: [host('a.example.com'), host('b.example.com')] })
    const api = handMade()
    const first = planOf(two, api.current('shop', 'db'), { answers: { 'a.example.com': onlyIPv4('10.0.0.1'), 'b.example.com': { IPv4: unknown } } })
    expect(decisions(first)).toEqual({ '10.0.0.1': 'ready', '10.0.0.7': 'ready' })
    api.write(first.changes)
    api.mirror()
    const second = planOf(two, api.current('shop', 'db'), { answers: { 'a.example.com': onlyIPv4('10.0.0.1'), 'b.example.com': onlyIPv4('10.0.0.2') } })
    api.write(second.changes)
    expect(servedBy(api.current('shop', 'db'))).toEqual(['10.0.0.1:5432', '10.0.0.2:5432'])
  })

  test('hand-made Endpoints get skip-mirror only after our slices are there', () => {
    const api = handMade()
    const kinds = planOf({ ...adopting }, api.current('shop', 'db'), {}).changes.map((change) => `${change.verb} ${change.verb === 'delete' ? change.current.kind : change.desired.kind}`)
    expect(kinds).toEqual(['update Service', 'create EndpointSlice', 'update Endpoints'])
  })

  test('a second pass adopts nothing and changes nothing', () => {
    const api = handMade()
    api.write(planOf(adopting, api.current('shop', 'db'), {}).changes)
    api.mirror()
    expect(planOf(adopting, api.current('shop', 'db'), {})).toMatchObject({ changes: [], messages: [] })
  })

  test('an adopted Service stays marked when adopt is no longer declared', () => {
    const api = handMade()
    api.write(planOf(adopting, api.current('shop', 'db'), {}).changes)
    api.write(planOf({ ...db, labels: { a: 'b' } }, api.current('shop', 'db'), {}).changes)
    expect(api.current('shop', 'db').service?.metadata.annotations).toMatchObject({ 'endpoint-registrar.io/adopted': 'true' })
  })
})
