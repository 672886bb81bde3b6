import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type KubernetesClient, kubernetesClient } from '../../../src/kubernetes/client.ts'
import { clusterTarget } from '../../../src/kubernetes/cluster-target.ts'
import { type EndpointSlice, type ManagedObject, type Service } from '../../../src/model/objects.ts'
import { type Target } from '../../../src/model/ports.ts'
import { cluster } from '../harness/cluster.ts'
import { describeCluster, describeClusterWith } from '../harness/describe-cluster.ts'
import { eventually } from '../harness/eventually.ts'
import { raw } from '../harness/raw.ts'
import { testNamespace } from '../harness/test-namespace.ts'
import { testUser } from '../harness/test-user.ts'
import { creation, deletion, endpoints, service, slice, updating } from './objects.ts'

const signal = new AbortController().signal
let client: KubernetesClient
let target: Target

function openTarget(): void {
  beforeAll(() => {
    client = kubernetesClient({ kubeconfig: cluster().kubeconfig })
    target = clusterTarget(client)
  })
  afterAll(() => (target as Target | undefined)?.close())
}

async function live<T extends ManagedObject>(path: string): Promise<T> {
  const { status, body } = await raw('GET', path)
  expect(status).toBe(200)
  return body as T
}

function servicePath(namespace: string, name: string): string {
  return `/api/v1/namespaces/${namespace}/services/${name}`
}

function slicePath(namespace: string, name: string): string {
  return `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices/${name}`
}

describeCluster('writeChanges', () => {
  openTarget()

  test('gives slices and Endpoints of a Service it made the Service\'s uid', async () => {
    const namespace = await testNamespace()
    const changes = [service(namespace, 'db'), slice(namespace, 'db'), endpoints(namespace, 'db')].map(creation)
    expect(await target.write(changes, signal)).toEqual({ applied: changes })
    const found = await target.readService(namespace, 'db', signal)
    const owner = [{ apiVersion: 'v1', kind: 'Service', name: 'db', uid: found.service?.metadata.uid, controller: true }]
    expect(found.slices.map(({ metadata }) => metadata.ownerReferences)).toEqual([owner])
    expect(found.endpoints?.metadata.ownerReferences).toEqual(owner)
  })

  test('never merges a create into what is there, and stops there', async () => {
    const namespace = await testNamespace()
    await raw('POST', `/api/v1/namespaces/${namespace}/services`, { metadata: { name: 'db' }, spec: { selector: { app: 'x' }, ports: [{ port: 1 }] } })
    const result = await target.write([creation(slice(namespace, 'db', 'first')), creation(service(namespace, 'db')), creation(slice(namespace, 'db', 'last'))], signal)
    expect(result.applied).toHaveLength(1)
    expect(result.failure).toMatchObject({ kind: 'exists', message: 'services "db" already exists' })
    expect((await live<Service>(servicePath(namespace, 'db'))).spec.selector).toEqual({ app: 'x' })
    expect((await raw('GET', slicePath(namespace, 'last'))).status).toBe(404)
  })

  test('calls a create failed, not existing, while the old object is being deleted', async () => {
    const namespace = await testNamespace()
    await raw('POST', `/api/v1/namespaces/${namespace}/services`, { metadata: { name: 'db', finalizers: ['test.example/hold'] }, spec: { ports: [{ port: 1 }] } })
    await raw('DELETE', servicePath(namespace, 'db'))
    const { failure } = await target.write([creation(service(namespace, 'db'))], signal)
    expect(failure).toMatchObject({ kind: 'failed', message: expect.stringContaining('object is being deleted') })
    await raw('PATCH', servicePath(namespace, 'db'), { metadata: { finalizers: null } }, { headers: { 'content-type': 'application/merge-patch+json' } })
  })

  test('is stale when somebody wrote in between: an update, a delete, a delete of a namesake, an update of what is gone', async () => {
    const namespace = await testNamespace()
    await target.write([creation(service(namespace, 'db')), creation(slice(namespace, 'db'))], signal)
    const before = await target.readService(namespace, 'db', signal)
    const [old] = before.slices
    if (old === undefined || before.service === undefined) throw new Error('nothing was read')
    await raw('PUT', slicePath(namespace, old.metadata.name), { ...old, endpoints: [{ addresses: ['192.0.2.9'] }] })

    expect((await target.write([updating(old, old)], signal)).failure).toMatchObject({ kind: 'stale' })
    expect((await target.write([deletion(old)], signal)).failure).toMatchObject({ kind: 'stale' })
    expect((await live<EndpointSlice>(slicePath(namespace, old.metadata.name))).endpoints?.[0]?.addresses).toEqual(['192.0.2.9'])

    await raw('DELETE', servicePath(namespace, 'db'))
    await raw('POST', `/api/v1/namespaces/${namespace}/services`, { metadata: { name: 'db' }, spec: { ports: [{ port: 1 }] } })
    expect((await target.write([deletion(before.service)], signal)).failure).toMatchObject({ kind: 'stale' })
    await raw('DELETE', servicePath(namespace, 'db'))
    expect((await target.write([updating(before.service, before.service)], signal)).failure).toMatchObject({ kind: 'stale' })
    expect((await raw('GET', servicePath(namespace, 'db'))).status).toBe(404)
  })

  test('takes what is gone already for deleted', async () => {
    const namespace = await testNamespace()
    await target.write([creation(service(namespace, 'db')), creation(endpoints(namespace, 'db'))], signal)
    const found = await target.readService(namespace, 'db', signal)
    if (found.service === undefined || found.endpoints === undefined) throw new Error('nothing was read')
    await raw('DELETE', `/api/v1/namespaces/${namespace}/endpoints/db`)
    const changes = [deletion(found.endpoints), deletion(found.service)]
    expect(await target.write(changes, signal)).toEqual({ applied: changes })
  })

  test('writes an object twice in one sequence, on the version that it made itself', async () => {
    const namespace = await testNamespace()
    await target.write([creation(service(namespace, 'db')), creation(slice(namespace, 'db'))], signal)
    const [old] = (await target.readService(namespace, 'db', signal)).slices
    if (old === undefined) throw new Error('nothing was read')
    const both = { ...old, ports: [{ name: '', port: 8080, protocol: 'TCP' }, { name: 'new', port: 8080, protocol: 'TCP' }] }
    const last = { ...old, ports: [{ name: 'new', port: 8080, protocol: 'TCP' }] }
    const changes = [updating(old, both), updating(old, last), deletion(old)]
    expect((await target.write(changes.slice(0, 2), signal)).failure).toBeUndefined()
    expect((await live<EndpointSlice>(slicePath(namespace, old.metadata.name))).ports?.map(({ name }) => name)).toEqual(['new'])
    // A third look, planned on what was read first, is stale all the same.
    expect((await target.write(changes.slice(2), signal)).failure).toMatchObject({ kind: 'stale' })
  })

  test('leaves fields it does not know, and the server\'s managedFields, as they were read', async () => {
    const namespace = await testNamespace()
    await raw('POST', `/api/v1/namespaces/${namespace}/services?fieldManager=somebody`, {
      metadata: { name: 'db', annotations: { theirs: 'kept' } }, spec: { ports: [{ port: 80 }], sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 77 } } },
    })
    const { service: read } = await target.readService(namespace, 'db', signal)
    if (read === undefined) throw new Error('nothing was read')
    expect(read.metadata).not.toHaveProperty('managedFields')
    const desired = { ...read, metadata: { ...read.metadata, labels: { ours: 'new' } } }
    expect((await target.write([updating(read, desired)], signal)).failure).toBeUndefined()
    const after = await live<Service>(servicePath(namespace, 'db'))
    expect(after.spec).toEqual(read.spec)
    expect(after.metadata.annotations).toEqual({ theirs: 'kept' })
    const managers = (after.metadata['managedFields'] as { manager: string }[]).map(({ manager }) => manager)
    expect(managers).toEqual(expect.arrayContaining(['somebody', 'endpoint-registrar']))
  })

  test.each([
    ['an unknown field', (namespace: string) => service(namespace, 'db', { clusterIPz: 'x' }), 'strict decoding error: unknown field "spec.clusterIPz"'],
    ['a value that is not valid', (namespace: string) => service(namespace, 'Not_A_Name'), 'Service "Not_A_Name" is invalid'],
    ['a namespace that is missing', () => service('nowhere', 'db'), 'namespaces "nowhere" not found'],
  ])('is final for %s', async (_name, desired, message) => {
    const object = desired(await testNamespace())
    expect((await target.write([creation(object)], signal)).failure).toMatchObject({ kind: 'final', message: expect.stringContaining(message) })
  })

  test('is final where the rights are missing', async () => {
    const namespace = await testNamespace()
    const user = await testUser(namespace)
    const poor = clusterTarget(kubernetesClient({ kubeconfig: user.kubeconfig }))
    expect((await poor.write([creation(service(namespace, 'db'))], signal)).failure).toMatchObject({ kind: 'final', message: expect.stringContaining('cannot create resource "services"') })
    await poor.close()
  })

  test('says so when the API server leaves a Service headless in spite of 200', async () => {
    const namespace = await testNamespace()
    await target.write([creation(service(namespace, 'db', { clusterIP: 'None' }))], signal)
    const { service: read } = await target.readService(namespace, 'db', signal)
    if (read === undefined) throw new Error('nothing was read')
    const spec = { ...read.spec }
    for (const field of ['clusterIP', 'clusterIPs']) Reflect.deleteProperty(spec, field)
    const { applied, failure } = await target.write([updating(read, { ...read, spec })], signal)
    expect(applied).toEqual([])
    expect(failure).toMatchObject({ kind: 'final', message: 'The API server left the Service headless: it must be made anew' })
  })

  test('checks everything and stores nothing in a dry run', async () => {
    const namespace = await testNamespace()
    const dry = clusterTarget(client, { dryRun: true })
    const changes = [creation(service(namespace, 'db')), creation(slice(namespace, 'db'))]
    expect(await dry.write(changes, signal)).toEqual({ applied: changes })
    expect((await dry.write([creation(service(namespace, 'Not_A_Name'))], signal)).failure).toMatchObject({ kind: 'final' })
    expect((await raw('GET', servicePath(namespace, 'db'))).status).toBe(404)
  })

  test('takes deleting and making anew for done in a dry run, and leaves all as it was', async () => {
    const namespace = await testNamespace()
    const objects = [service(namespace, 'db'), slice(namespace, 'db'), endpoints(namespace, 'db')]
    await target.write(objects.map(creation), signal)
    const before = await target.readService(namespace, 'db', signal)
    if (before.service === undefined || before.endpoints === undefined) throw new Error('nothing was read')
    const changes = [...[before.service, ...before.slices, before.endpoints].map(deletion), ...objects.map(creation)]
    expect(await clusterTarget(client, { dryRun: true }).write(changes, signal)).toEqual({ applied: changes })
    expect(await target.readService(namespace, 'db', signal)).toEqual(before)
  })
})

describeClusterWith(['controllerManager'], 'writeChanges in a namespace that is going', () => {
  openTarget()

  test('is final, and says that it is terminating', async () => {
    const namespace = await testNamespace()
    await raw('POST', `/api/v1/namespaces/${namespace}/configmaps`, { metadata: { name: 'hold', finalizers: ['test.example/hold'] } })
    await raw('DELETE', `/api/v1/namespaces/${namespace}`)
    await eventually(async () => {
      const { namespaces } = await target.read({ namespaces: [namespace], everywhere: false }, signal)
      expect(namespaces.get(namespace)).toBe('terminating')
    })
    const { failure } = await target.write([creation(service(namespace, 'db'))], signal)
    expect(failure).toMatchObject({ kind: 'final', message: expect.stringMatching(/^Namespace is terminating: /) })
    await raw('PATCH', `/api/v1/namespaces/${namespace}/configmaps/hold`, { metadata: { finalizers: null } }, { headers: { 'content-type': 'application/merge-patch+json' } })
  })

  test('deletes a Service and finds its Endpoints gone', async () => {
    const namespace = await testNamespace()
    await target.write([creation(service(namespace, 'db')), creation(endpoints(namespace, 'db'))], signal)
    const found = await target.readService(namespace, 'db', signal)
    if (found.service === undefined || found.endpoints === undefined) throw new Error('nothing was read')
    expect((await target.write([deletion(found.service)], signal)).failure).toBeUndefined()
    await eventually(async () => { expect((await raw('GET', `/api/v1/namespaces/${namespace}/endpoints/db`)).status).toBe(404) })
    expect((await target.write([deletion(found.endpoints)], signal)).failure).toBeUndefined()
  })
})
