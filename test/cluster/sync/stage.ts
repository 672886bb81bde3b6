import { readFile } from 'node:fs/promises'
import { parseAllDocuments } from 'yaml'
import { type ManagedObject, type Endpoints, type EndpointSlice, type Kind, type Service } from '../../../src/model/objects.ts'
import { cluster } from '../harness/cluster.ts'
import { eventually } from '../harness/eventually.ts'
import { raw } from '../harness/raw.ts'
import { type RequestCount, requestMark, requestsSince } from '../harness/request-log.ts'
import { testNamespace } from '../harness/test-namespace.ts'
import { type PolicyRule, testUser } from '../harness/test-user.ts'
import { type Ran, registrar } from './registrar.ts'

/** A service as a config file declares it; the namespace is the stage's unless another is named. */
export interface ServiceConfig {
  readonly name: string
  readonly [field: string]: unknown
}

export type Config = readonly ServiceConfig[] | { readonly services: readonly ServiceConfig[]; readonly [field: string]: unknown }

/** One test's own place: a namespace, an instance of its name, and a user with the rights of deploy/rbac.yaml and no more. */
export interface Stage {
  readonly namespace: string
  readonly user: string
  readonly kubeconfig: string
  /** Any verb, with `-c -` and this config. Without probes: nobody answers at the addresses of tests. */
  readonly run: (verb: string, config: Config, ...flags: readonly string[]) => Promise<Ran>
  /** `sync -o json --no-probe`. */
  readonly sync: (config: Config, ...flags: readonly string[]) => Promise<Ran>
  /** `plan -o json --no-probe`. */
  readonly plan: (config: Config, ...flags: readonly string[]) => Promise<Ran>
  /** What the registrar asked of the API server while `work` ran. Needs the capability `requestLog`. */
  readonly requests: <Result>(work: () => Promise<Result>) => Promise<RequestCount & { readonly result: Result }>
}

const reachesCluster = new Set(['plan', 'sync', 'remove'])

export async function newStage(rights?: { readonly rules?: readonly PolicyRule[]; readonly clusterRules?: readonly PolicyRule[] }): Promise<Stage> {
  const namespace = await testNamespace()
  const { user, token, kubeconfig } = await testUser(namespace, rights ?? { clusterRules: await shippedRules() })
  // The authorizer learns of new bindings by a watch.
  const isWhole = rights === undefined
  if (isWhole) await eventually(async () => { await mustList(token, namespace) })
  const run: Stage['run'] = (verb, config, ...flags) =>
    registrar([verb, '-c', '-', ...flags], configText(config, namespace), reachesCluster.has(verb) ? kubeconfig : undefined)
  return {
    namespace, user, kubeconfig, run,
    sync: (config, ...flags) => run('sync', config, '-o', 'json', '--no-probe', ...flags),
    plan: (config, ...flags) => run('plan', config, '-o', 'json', '--no-probe', ...flags),
    requests: async (work) => {
      const mark = await requestMark()
      const result = await work()
      return { ...await requestsSince(mark, { user }), result }
    },
  }
}

/** JSON is YAML. */
export function configText(config: Config, namespace: string): string {
  return JSON.stringify({
    apiVersion: 'endpoint-registrar.io/v1', kind: 'RegistrarConfig', instance: namespace, defaults: { namespace },
    ...('services' in config ? config : { services: config }),
  })
}

/** The smallest service there is, and whatever a test says of it. */
export function service(name: string, more: Readonly<Record<string, unknown>> = {}): ServiceConfig {
  return { name, ports: [{ name: 'main', port: 80, targetPort: 8080 }], targets: [{ address: '192.0.2.10' }], ...more }
}

/** Targets at fixed addresses. */
export function at(...addresses: readonly string[]): { readonly targets: readonly { readonly address: string }[] } {
  return { targets: addresses.map((address) => ({ address })) }
}

/** What deploy/rbac.yaml grants, of one of its ClusterRoles or of all. */
export async function shippedRules(role?: string): Promise<readonly PolicyRule[]> {
  const text = await readFile(new URL('../../../deploy/rbac.yaml', import.meta.url), 'utf8')
  const objects = parseAllDocuments(text).map((document) => document.toJS() as { kind: string; metadata: { name: string }; rules: PolicyRule[] })
  const found = objects.filter(({ kind, metadata }) => kind === 'ClusterRole' && (role === undefined || metadata.name === role)).flatMap((each) => each.rules)
  if (found.length === 0) throw new Error(`No rules in deploy/rbac.yaml: ${role ?? 'any'}`)
  return found
}

async function mustList(token: string, namespace: string): Promise<void> {
  const to = { ...cluster(), token }
  const paths = [`/api/v1/namespaces/${namespace}/services?limit=1`, '/apis/networking.k8s.io/v1/servicecidrs', '/apis/coordination.k8s.io/v1/leases?limit=1']
  for (const path of paths) {
    const { status } = await raw('GET', path, undefined, { to })
    if (status !== 200) throw new Error(`Not yet allowed: ${path}`)
  }
}

const collections = {
  Service: '/api/v1/namespaces/NS/services',
  Endpoints: '/api/v1/namespaces/NS/endpoints',
  EndpointSlice: '/apis/discovery.k8s.io/v1/namespaces/NS/endpointslices',
} as const satisfies Record<Kind, string>

export function collectionOf(kind: Kind, namespace: string): string {
  return collections[kind].replace('NS', namespace)
}

interface Kinds { readonly Service: Service; readonly Endpoints: Endpoints; readonly EndpointSlice: EndpointSlice }

/** One object as it is now; undefined where there is none. */
export async function find<Of extends Kind>(kind: Of, namespace: string, name: string): Promise<Kinds[Of] | undefined> {
  const { status, body } = await raw('GET', `${collectionOf(kind, namespace)}/${name}`)
  if (status !== 200 && status !== 404) throw new Error(`Cannot read ${kind} ${name}: ${status}`)
  return status === 200 ? body as Kinds[Of] : undefined
}

export async function live<Of extends Kind>(kind: Of, namespace: string, name: string): Promise<Kinds[Of]> {
  const found = await find(kind, namespace, name)
  if (found === undefined) throw new Error(`There is no ${kind} ${name} in ${namespace}`)
  return found
}

/** Every slice of one Service, whosesoever, by name. */
export async function slicesOf(namespace: string, name: string): Promise<readonly EndpointSlice[]> {
  const { body } = await raw('GET', `${collectionOf('EndpointSlice', namespace)}?labelSelector=kubernetes.io%2Fservice-name%3D${name}`)
  return (body as { items: EndpointSlice[] }).items.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
}

/** Whoever serves: the addresses of all ready endpoints, sorted. */
export async function readyAddresses(namespace: string, name: string): Promise<readonly string[]> {
  return (await slicesOf(namespace, name)).flatMap(({ endpoints }) =>
    (endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false).flatMap(({ addresses }) => addresses)).sort()
}

/** `Kind/name` -> resourceVersion of everything in the namespace: the same twice means that nothing was touched. */
export async function versions(namespace: string): Promise<Readonly<Record<string, string | undefined>>> {
  const lists = await Promise.all((['Service', 'Endpoints', 'EndpointSlice'] as const).map(async (kind) => {
    const { body } = await raw('GET', collectionOf(kind, namespace))
    return (body as { items: ManagedObject[] }).items.map(({ metadata }) => [`${kind}/${metadata.name}`, metadata.resourceVersion] as const)
  }))
  return Object.fromEntries(lists.flat())
}

/** Makes one object as its administrator, by hand so to say. */
export async function make<Of extends Kind>(kind: Of, namespace: string, object: object): Promise<Kinds[Of]> {
  const { status, body } = await raw('POST', collectionOf(kind, namespace), object)
  if (status !== 201) throw new Error(`Cannot make ${kind}: ${status} ${JSON.stringify(body)}`)
  return body as Kinds[Of]
}

/** Changes one object by hand: a merge patch. */
export async function patch(kind: Kind, namespace: string, name: string, change: object): Promise<void> {
  const { status, body } = await raw('PATCH', `${collectionOf(kind, namespace)}/${name}`, change, { headers: { 'content-type': 'application/merge-patch+json' } })
  if (status !== 200) throw new Error(`Cannot patch ${kind} ${name}: ${status} ${JSON.stringify(body)}`)
}

export async function destroy(kind: Kind, namespace: string, name: string, propagationPolicy = 'Background'): Promise<void> {
  const { status } = await raw('DELETE', `${collectionOf(kind, namespace)}/${name}`, { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy })
  if (status !== 200) throw new Error(`Cannot delete ${kind} ${name}: ${status}`)
}
