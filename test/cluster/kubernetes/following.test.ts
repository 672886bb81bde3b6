// A cluster that is followed: what others do there is heard at once, what we do is known at once and not heard.

import { afterEach, expect, test } from '@jest/globals'
import { setTimeout as sleep } from 'node:timers/promises'
import { type KubernetesClient, kubernetesClient } from '../../../src/kubernetes/client.ts'
import { clusterTarget } from '../../../src/kubernetes/cluster-target.ts'
import { type Happening } from '../../../src/model/happenings.ts'
import { type CurrentService, type Kind, type ManagedObject } from '../../../src/model/objects.ts'
import { type Following, type Scope, type Target } from '../../../src/model/ports.ts'
import { cluster } from '../harness/cluster.ts'
import { startControlPlane } from '../harness/control-plane.ts'
import { describeCluster, describeClusterWith } from '../harness/describe-cluster.ts'
import { eventually } from '../harness/eventually.ts'
import { raw } from '../harness/raw.ts'
import { requestMark, requestsSince } from '../harness/request-log.ts'
import { testNamespace } from '../harness/test-namespace.ts'
import { type PolicyRule, testUser } from '../harness/test-user.ts'
import { shippedRules } from '../sync/stage.ts'
import { creation, deletion, endpoints, service, slice, updating } from './objects.ts'

const signal = new AbortController().signal
const closing: (() => Promise<void>)[] = []

interface Followed {
  readonly target: Target
  readonly following: Following
  /** Every key that was heard, in order. */
  readonly heard: string[]
  readonly troubles: Happening[]
}

/** Follows as `run` does, and has read everything once. */
async function follow(scope: Scope, kubeconfig = cluster().kubeconfig, options: { readonly namespaces?: readonly string[] } = {}): Promise<Followed> {
  const client: KubernetesClient = kubernetesClient({ kubeconfig, userAgent: 'following-test' })
  const target = clusterTarget(client, options)
  const heard: string[] = []
  const troubles: Happening[] = []
  const following = target.follow?.(scope, { heard: (keys) => { heard.push(...keys) }, tell: (happening) => { troubles.push(happening) } })
  if (following === undefined) throw new Error('Not to be followed')
  closing.push(async () => { await following.stop(); await target.close() })
  await following.ready(signal)
  return { target, following, heard, troubles }
}

function scopeOf(namespaces: readonly string[], names: readonly string[], everywhere = false): Scope {
  return { namespaces, everywhere, instance: 'test', keys: new Set(namespaces.flatMap((namespace) => names.map((name) => `${namespace}/${name}`))) }
}

/** Long enough for an echo to come, were there one. */
async function quiet(): Promise<void> {
  await sleep(300)
}

const second = 1000
// Milliseconds, on a machine that is not busy; no list comes to its help before the next refresh.
const soonMs = 5 * second

function soon(check: () => void | Promise<void>, withinMs = soonMs): Promise<void> {
  return eventually(async () => { await check() }, withinMs)
}

async function heardSoon(heard: readonly string[], key: string): Promise<void> {
  await soon(() => { expect(heard).toContain(key) })
}

const paths: Readonly<Record<Kind, string>> = {
  Service: '/api/v1/namespaces/NS/services', Endpoints: '/api/v1/namespaces/NS/endpoints', EndpointSlice: '/apis/discovery.k8s.io/v1/namespaces/NS/endpointslices',
}

async function byHand(method: 'POST' | 'PATCH' | 'DELETE', kind: Kind, namespace: string, name: string, body?: object): Promise<void> {
  const collection = paths[kind].replace('NS', namespace)
  const headers = method === 'PATCH' ? { 'content-type': 'application/merge-patch+json' } : {}
  const { status } = await raw(method, method === 'POST' ? collection : `${collection}/${name}`, body, { headers })
  if (status > 299) throw new Error(`${method} ${kind} ${name}: ${status}`)
}

async function makeAll(target: Target, namespace: string, name: string): Promise<void> {
  const { failure } = await target.write([service(namespace, name), slice(namespace, name), endpoints(namespace, name)].map(creation), signal)
  expect(failure).toBeUndefined()
}

function objectsOf({ service: one, slices, endpoints: other }: CurrentService): readonly (ManagedObject | undefined)[] {
  return [one, ...slices, other]
}

const firstRule: PolicyRule = { apiGroups: ['', 'discovery.k8s.io'], resources: ['services', 'endpoints', 'endpointslices'], verbs: ['get', 'list', 'watch'] }
const watchers = [firstRule]

/** The authorizer learns of new bindings by a watch. */
async function untilAllowed(token: string, namespace: string): Promise<void> {
  await eventually(async () => {
    const { status } = await raw('GET', `/api/v1/namespaces/${namespace}/services?limit=1`, undefined, { to: { ...cluster(), token } })
    expect(status).toBe(200)
  })
}

afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()))
})

describeCluster('Following', () => {
  test('knows what read reads, of what is declared, marked and foreign', async () => {
    const namespace = await testNamespace()
    const { target } = await follow(scopeOf([], []))
    await makeAll(target, namespace, 'db')
    await makeAll(target, namespace, 'pruned')
    await byHand('POST', 'Service', namespace, 'theirs', { metadata: { name: 'theirs' }, spec: { ports: [{ port: 1 }] } })
    const scope = scopeOf([namespace], ['db', 'not-there'])
    const { following, heard } = await follow(scope)
    const read = await target.read(scope, signal)
    const { services, namespaces, ownRanges, unreadable } = following.current()
    expect([...services.keys()].sort()).toEqual([`${namespace}/db`, `${namespace}/pruned`])
    expect(services.get(`${namespace}/db`)).toEqual(read.services.get(`${namespace}/db`))
    expect(following.currentOf(namespace, 'db')).toEqual(await target.readService(namespace, 'db', signal))
    expect(following.currentOf(namespace, 'not-there')).toEqual({ namespace, name: 'not-there', slices: [] })
    expect([namespaces, ownRanges, unreadable?.size]).toEqual([read.namespaces, read.ownRanges, 0])
    expect([...ownRanges?.values() ?? []]).toContain(`ClusterIP of ${namespace}/theirs`)
    expect(heard).toEqual([])
  })

  test('hears of what others delete and edit', async () => {
    const namespace = await testNamespace()
    const { target, following, heard } = await follow(scopeOf([namespace], ['db']))
    await makeAll(target, namespace, 'db')
    await quiet()
    for (const [kind, name] of [['EndpointSlice', 'db-ipv4-0'], ['Endpoints', 'db'], ['Service', 'db']] as const) {
      heard.length = 0
      await byHand('PATCH', kind, namespace, name, { metadata: { annotations: { edited: 'by hand' } } })
      await heardSoon(heard, `${namespace}/db`)
      const edited = objectsOf(following.currentOf(namespace, 'db')).find((object) => object?.kind === kind)
      expect(edited?.metadata.annotations).toMatchObject({ edited: 'by hand' })
      heard.length = 0
      await byHand('DELETE', kind, namespace, name)
      await heardSoon(heard, `${namespace}/db`)
      expect(objectsOf(following.currentOf(namespace, 'db')).map((object) => object?.kind)).not.toContain(kind)
    }
  })

  test('hears of a foreign slice, of what takes its label off, and not of what does not matter', async () => {
    const namespace = await testNamespace()
    const { following, heard } = await follow(scopeOf([namespace], ['db']))
    const foreign = { addressType: 'IPv4', endpoints: [], ports: [] }
    await byHand('POST', 'EndpointSlice', namespace, 'other', { metadata: { name: 'other', labels: { 'kubernetes.io/service-name': 'other' } }, ...foreign })
    await byHand('POST', 'EndpointSlice', namespace, 'by-hand', { metadata: { name: 'by-hand', labels: { 'kubernetes.io/service-name': 'db' } }, ...foreign })
    await heardSoon(heard, `${namespace}/db`)
    expect(following.currentOf(namespace, 'db').slices.map(({ metadata }) => metadata.name)).toEqual(['by-hand'])
    heard.length = 0
    await byHand('PATCH', 'EndpointSlice', namespace, 'by-hand', { metadata: { labels: { 'kubernetes.io/service-name': 'other' } } })
    await heardSoon(heard, `${namespace}/db`)
    expect(following.currentOf(namespace, 'db').slices).toEqual([])
    expect(new Set(heard)).toEqual(new Set([`${namespace}/db`]))
  })

  test('hears of a Service that was made anew under its name', async () => {
    const namespace = await testNamespace()
    const { target, following, heard } = await follow(scopeOf([namespace], ['db']))
    await makeAll(target, namespace, 'db')
    const { service: first } = following.currentOf(namespace, 'db')
    await byHand('DELETE', 'Service', namespace, 'db')
    await byHand('POST', 'Service', namespace, 'db', { metadata: { name: 'db' }, spec: { ports: [{ port: 80 }] } })
    await soon(() => {
      const { service: now, slices } = following.currentOf(namespace, 'db')
      expect([now?.metadata.uid !== undefined, now?.metadata.uid === first?.metadata.uid, slices]).toEqual([true, false, []])
    }, 10 * second)
    expect(heard).toContain(`${namespace}/db`)
  })

  test('knows our own writes at once, and does not hear of them', async () => {
    const namespace = await testNamespace()
    const { target, following, heard } = await follow(scopeOf([namespace], ['db']))
    const made = [service(namespace, 'db'), slice(namespace, 'db'), endpoints(namespace, 'db')]
    expect(await target.write(made.map(creation), signal)).not.toHaveProperty('failure')
    const after = following.currentOf(namespace, 'db')
    expect(objectsOf(after).map((object) => object?.metadata.uid !== undefined)).toEqual([true, true, true])
    const [current] = after.slices
    if (current === undefined) throw new Error('No slice')
    await target.write([updating(current, { ...current, endpoints: [] })], signal)
    const [changed] = following.currentOf(namespace, 'db').slices
    expect(changed?.endpoints ?? []).toEqual([])
    expect(changed?.metadata.resourceVersion).not.toBe(current.metadata.resourceVersion)
    await target.write([deletion(changed ?? current)], signal)
    expect(following.currentOf(namespace, 'db').slices).toEqual([])
    await quiet()
    expect(following.currentOf(namespace, 'db')).toEqual(await target.readService(namespace, 'db', signal))
    await following.refresh(signal)
    expect(heard).toEqual([])
  })

  test('takes a deleted Service for gone, also where the answer shows it', async () => {
    const namespace = await testNamespace()
    const { target, following } = await follow(scopeOf([namespace], ['db']))
    await target.write([creation(service(namespace, 'db'))], signal)
    const { service: made } = following.currentOf(namespace, 'db')
    if (made === undefined) throw new Error('No Service')
    await target.write([deletion(made)], signal)
    expect(following.currentOf(namespace, 'db').service).toBeUndefined()
    await quiet()
    expect(following.currentOf(namespace, 'db').service).toBeUndefined()
  })

  test('keeps a Service that its finalizers hold', async () => {
    const namespace = await testNamespace()
    const { target, following } = await follow(scopeOf([namespace], ['db']))
    const held = service(namespace, 'db')
    await target.write([creation({ ...held, metadata: { ...held.metadata, finalizers: ['example.com/held'] } })], signal)
    const { service: made } = following.currentOf(namespace, 'db')
    if (made === undefined) throw new Error('No Service')
    await target.write([deletion(made)], signal)
    expect(following.currentOf(namespace, 'db').service?.metadata.deletionTimestamp).toEqual(expect.any(String))
    await byHand('PATCH', 'Service', namespace, 'db', { metadata: { finalizers: null } })
    await soon(() => { expect(following.currentOf(namespace, 'db').service).toBeUndefined() })
  })

  test('takes what readService reads', async () => {
    const namespace = await testNamespace()
    const { target, following, heard } = await follow(scopeOf([namespace], ['db']))
    const reading = byHand('POST', 'Service', namespace, 'db', { metadata: { name: 'db' }, spec: { ports: [{ port: 80 }] } })
      .then(() => target.readService(namespace, 'db', signal))
    const read = await reading
    expect(following.currentOf(namespace, 'db').service).toEqual(read.service)
    await quiet()
    expect(new Set(heard).size).toBeLessThanOrEqual(1)
  })

  test('refresh hears of nothing where nothing has changed, and goes on hearing', async () => {
    const namespace = await testNamespace()
    const { target, following, heard } = await follow(scopeOf([namespace], ['db']))
    await makeAll(target, namespace, 'db')
    const before = following.currentOf(namespace, 'db')
    await following.refresh(signal)
    // The very objects: there are never two copies.
    expect(following.currentOf(namespace, 'db').service).toBe(before.service)
    expect(heard).toEqual([])
    await byHand('DELETE', 'EndpointSlice', namespace, 'db-ipv4-0')
    await heardSoon(heard, `${namespace}/db`)
  })

  test('covers other namespaces and keys', async () => {
    const [one, other] = await Promise.all([testNamespace(), testNamespace()])
    const { target, following, heard } = await follow(scopeOf([one], ['db']))
    await byHand('POST', 'Service', one, 'late', { metadata: { name: 'late' }, spec: { ports: [{ port: 80 }] } })
    await byHand('POST', 'Service', other, 'db', { metadata: { name: 'db' }, spec: { ports: [{ port: 80 }] } })
    await quiet()
    following.cover(scopeOf([one, other], ['db', 'late']))
    expect(following.currentOf(other, 'db').unreadable).toBe(`Namespace ${other} has not been read yet`)
    expect(following.currentOf(one, 'late').unreadable).toBe(`Service ${one}/late has not been read whole yet`)
    await heardSoon(heard, `${other}/db`)
    await heardSoon(heard, `${one}/late`)
    expect(following.currentOf(one, 'late')).toEqual(await target.readService(one, 'late', signal))
    expect(following.currentOf(other, 'db')).toEqual(await target.readService(other, 'db', signal))
    following.cover(scopeOf([other], ['db']))
    expect([...following.current().services.keys()]).toEqual([`${other}/db`])
    expect(following.currentOf(one, 'db').unreadable).toBe(`Namespace ${one} is not followed`)
  })

  test('finds what is ours elsewhere, at each refresh', async () => {
    const [declared, elsewhere] = await Promise.all([testNamespace(), testNamespace()])
    const instance = `other-${declared}`
    const ours = service(elsewhere, 'old')
    const marked = { ...ours, metadata: { ...ours.metadata, labels: { ...ours.metadata.labels, 'endpoint-registrar.io/instance': instance } } }
    const { target, following, heard } = await follow({ namespaces: [declared], everywhere: true, instance, keys: new Set([`${declared}/db`]) })
    await target.write([creation(marked)], signal)
    expect([...following.current().services.keys()]).toEqual([])
    await following.refresh(signal)
    expect([...following.current().services.keys()]).toEqual([`${elsewhere}/old`])
    const { service: old } = following.currentOf(elsewhere, 'old')
    if (old === undefined) throw new Error('Not found')
    await target.write([deletion(old)], signal)
    expect([...following.current().services.keys()]).toEqual([])
    expect(heard.filter((key) => key.startsWith(declared))).toEqual([])
  })

  test('hears of a namespace that appears and one that goes', async () => {
    const going = await testNamespace()
    const coming = `test-coming-${Date.now()}`
    const { following, heard } = await follow(scopeOf([going, coming], ['db']))
    expect(following.currentOf(coming, 'db').unreadable).toBe(`Namespace ${coming} does not exist: it has to be made first`)
    await raw('POST', '/api/v1/namespaces', { metadata: { name: coming } })
    await heardSoon(heard, `${coming}/db`)
    expect(following.currentOf(coming, 'db').unreadable).toBeUndefined()
    await byHand('POST', 'Service', coming, 'db', { metadata: { name: 'db' }, spec: { ports: [{ port: 80 }] } })
    await soon(() => { expect(following.currentOf(coming, 'db').service).toBeDefined() })
    await raw('DELETE', `/api/v1/namespaces/${going}`)
    await heardSoon(heard, `${going}/db`)
    expect(following.currentOf(going, 'db').unreadable).toMatch(/is terminating$|does not exist/)
    await raw('DELETE', `/api/v1/namespaces/${coming}`)
  })

  test('tells why a namespace cannot be read, and hears of it when it can', async () => {
    const [mine, theirs] = await Promise.all([testNamespace(), testNamespace()])
    const user = await testUser(mine, { rules: watchers })
    await untilAllowed(user.token, mine)
    const { following, heard } = await follow(scopeOf([mine, theirs], ['db']), user.kubeconfig)
    expect(following.currentOf(mine, 'db').unreadable).toBeUndefined()
    expect(following.currentOf(theirs, 'db').unreadable).toMatch(/cannot list resource/)
    expect([...following.current().unreadable?.keys() ?? []]).toEqual([theirs])
    const binding = { metadata: { name: 'late' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'late' } }
    const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${theirs}`
    await raw('POST', `${rbac}/roles`, { metadata: { name: 'late' }, rules: watchers })
    await raw('POST', `${rbac}/rolebindings`, { ...binding, subjects: [{ kind: 'User', name: user.user, apiGroup: 'rbac.authorization.k8s.io' }] })
    await soon(() => { expect(following.currentOf(theirs, 'db').unreadable).toBeUndefined() }, 10 * second)
    await heardSoon(heard, `${theirs}/db`)
  })

  test('without a right on namespaces hears all the same, and takes them for active', async () => {
    const namespace = await testNamespace()
    const user = await testUser(namespace, { rules: await shippedRules('endpoint-registrar-write') })
    await untilAllowed(user.token, namespace)
    const { following, heard } = await follow(scopeOf([namespace], ['db'], true), user.kubeconfig)
    expect(following.current().namespaces).toEqual(new Map([[namespace, 'active']]))
    expect(following.current().unsearched).toMatch(/cannot list resource/)
    await byHand('POST', 'Service', namespace, 'db', { metadata: { name: 'db' }, spec: { ports: [{ port: 80 }] } })
    await heardSoon(heard, `${namespace}/db`)
  })

  test('with a right to get namespaces alone asks for those that are missing', async () => {
    const namespace = await testNamespace()
    const coming = `${namespace}-coming`
    const user = await testUser(namespace, { clusterRules: [...watchers, { apiGroups: [''], resources: ['namespaces'], verbs: ['get'] }] })
    await untilAllowed(user.token, namespace)
    const { following, heard } = await follow(scopeOf([namespace, coming], ['db']), user.kubeconfig)
    expect(following.current().namespaces).toEqual(new Map([[namespace, 'active'], [coming, 'missing']]))
    await raw('POST', '/api/v1/namespaces', { metadata: { name: coming } })
    await soon(() => { expect(heard).toContain(`${coming}/db`) }, 5 * second)
    expect(following.currentOf(coming, 'db').unreadable).toBeUndefined()
    await raw('DELETE', `/api/v1/namespaces/${coming}`)
  })

  test('without the right to watch lists again and again', async () => {
    const namespace = await testNamespace()
    const user = await testUser(namespace, { rules: [{ ...firstRule, verbs: ['get', 'list'] }] })
    await untilAllowed(user.token, namespace)
    const { following, heard, troubles } = await follow(scopeOf([namespace], ['db']), user.kubeconfig)
    await byHand('POST', 'Service', namespace, 'db', { metadata: { name: 'db' }, spec: { ports: [{ port: 80 }] } })
    await soon(() => { expect(heard).toContain(`${namespace}/db`) }, 10 * second)
    expect(following.currentOf(namespace, 'db').unreadable).toBeUndefined()
    expect(troubles).toContainEqual({ kind: 'trouble', where: expect.stringMatching(/^Watch of /), message: expect.stringContaining('cannot watch resource') })
  })
})

describeClusterWith(['requestLog'], 'Following at the API server', () => {
  test('needs no more rights than deploy/rbac.yaml grants', async () => {
    const namespace = await testNamespace()
    const user = await testUser(namespace, { clusterRules: [...await shippedRules('endpoint-registrar-write'), ...await shippedRules('endpoint-registrar-read')] })
    await untilAllowed(user.token, namespace)
    const mark = await requestMark()
    const { following, heard, troubles } = await follow(scopeOf([namespace], ['db'], true), user.kubeconfig)
    await byHand('POST', 'Service', namespace, 'db', { metadata: { name: 'db' }, spec: { ports: [{ port: 80 }] } })
    await heardSoon(heard, `${namespace}/db`)
    await following.refresh(signal)
    const { counts } = await requestsSince(mark, { user: user.user })
    expect(counts).toMatchObject({ 'watch namespaces': expect.any(Number), 'watch services': expect.any(Number), 'watch endpointslices': expect.any(Number), 'watch endpoints': expect.any(Number) })
    expect([following.current().unsearched, following.current().unreadable?.size, troubles]).toEqual([undefined, 0, []])
  })

  test('of many namespaces is three watches of the whole cluster', async () => {
    const names = Array.from({ length: 21 }, (_, index) => `nowhere-${index}`)
    const mark = await requestMark()
    const { user, kubeconfig, token } = await testUser(await testNamespace(), { clusterRules: [...watchers, { apiGroups: [''], resources: ['namespaces'], verbs: ['get', 'list', 'watch'] }] })
    await untilAllowed(token, 'default')
    const { following } = await follow(scopeOf(names, ['db']), kubeconfig)
    await soon(async () => {
      const { counts } = await requestsSince(mark, { user, userAgent: 'following-test' })
      expect(counts).toEqual({
        'list services': 1, 'list endpointslices': 1, 'list endpoints': 1, 'list namespaces': 1,
        'watch services': 1, 'watch endpointslices': 1, 'watch endpoints': 1, 'watch namespaces': 1,
      })
    })
    expect(following.currentOf('nowhere-3', 'db').unreadable).toMatch(/does not exist/)
  })

  test('of many namespaces falls back to each on its own where the cluster as a whole may not be watched', async () => {
    const namespace = await testNamespace()
    const names = [namespace, ...Array.from({ length: 20 }, (_, index) => `nowhere-${index}`)]
    const { kubeconfig, token } = await testUser(namespace, { rules: watchers })
    await untilAllowed(token, namespace)
    const { following, heard } = await follow(scopeOf(names, ['db']), kubeconfig)
    expect(following.current().unreadable?.size).toBe(20)
    await byHand('POST', 'Service', namespace, 'db', { metadata: { name: 'db' }, spec: { ports: [{ port: 80 }] } })
    await heardSoon(heard, `${namespace}/db`)
  })
})

describeClusterWith(['own'], 'Following of an API server that is restarted', () => {
  test('goes on, and hears of what was changed and deleted while its watches were lost', async () => {
    const plane = await startControlPlane({ controllerManager: false })
    closing.push(() => plane.stop())
    const namespace = await testNamespace(plane)
    const names = ['kept', 'edited', 'deleted']
    const { target, following, heard, troubles } = await follow(scopeOf([namespace], names), plane.kubeconfig)
    for (const name of names) await makeAll(target, namespace, name)
    const { service: kept } = following.currentOf(namespace, 'kept')
    await plane.restartApiServer()
    // More than the watches could go on from: the new watch cache begins after it.
    await raw('PATCH', `/api/v1/namespaces/${namespace}/services/edited`, { metadata: { labels: { by: 'hand' } } }, { to: plane, headers: { 'content-type': 'application/merge-patch+json' } })
    await raw('DELETE', `/api/v1/namespaces/${namespace}/services/deleted`, undefined, { to: plane })
    await plane.restartApiServer()
    await soon(() => {
      expect(following.currentOf(namespace, 'edited').service?.metadata.labels).toMatchObject({ by: 'hand' })
      expect(following.currentOf(namespace, 'deleted').service).toBeUndefined()
    }, 6 * second)
    expect(new Set(heard)).toEqual(new Set([`${namespace}/edited`, `${namespace}/deleted`]))
    expect(following.currentOf(namespace, 'kept').service).toBe(kept)
    expect(troubles.length).toBeLessThanOrEqual(4)
    heard.length = 0
    await raw('DELETE', `/api/v1/namespaces/${namespace}/services/kept`, undefined, { to: plane })
    await heardSoon(heard, `${namespace}/kept`)
  }, 90_000)
})
