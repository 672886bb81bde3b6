import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cluster } from './cluster.ts'
import { type Connection } from './connection.ts'
import { kubeconfigText } from './kubeconfig-text.ts'
import { raw } from './raw.ts'

export interface PolicyRule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
  readonly resourceNames?: readonly string[]
}

export interface TestUser {
  /** The name as the request log has it: `system:serviceaccount:NAMESPACE:NAME`. */
  readonly user: string
  readonly token: string
  readonly kubeconfig: string
}

/**
 * A user of its own with exactly these rights: a service account in `namespace`, which takes all of it along when it
 * goes. `rules` hold in `namespace`; `clusterRules` everywhere. Good for RBAC tests, and for counting one client's requests.
 */
export async function testUser(
  namespace: string, rights: { readonly rules?: readonly PolicyRule[]; readonly clusterRules?: readonly PolicyRule[] } = {},
  to: Connection = cluster(),
): Promise<TestUser> {
  const name = `user-${randomBytes(4).toString('hex')}`
  const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`
  await created(to, accounts, { metadata: { name } })
  if (rights.rules !== undefined) await grant(to, { name, namespace }, 'Role', rights.rules)
  if (rights.clusterRules !== undefined) await grant(to, { name, namespace }, 'ClusterRole', rights.clusterRules)
  const answer = await created(to, `${accounts}/${name}/token`, { spec: { expirationSeconds: 3600 } })
  const { token } = (answer as { status: { token: string } }).status
  return { user: `system:serviceaccount:${namespace}:${name}`, token, kubeconfig: await writeKubeconfig(to, name, token) }
}

async function grant(
  to: Connection, account: { readonly name: string; readonly namespace: string }, kind: 'Role' | 'ClusterRole', rules: readonly PolicyRule[],
): Promise<void> {
  const metadata = { name: account.name, ownerReferences: [await ownedBy(account.namespace, to)] }
  const group = 'rbac.authorization.k8s.io'
  const scope = kind === 'Role' ? `namespaces/${account.namespace}/` : ''
  await created(to, `/apis/${group}/v1/${scope}${kind.toLowerCase()}s`, { metadata, rules })
  await created(to, `/apis/${group}/v1/${scope}${kind.toLowerCase()}bindings`, {
    metadata,
    roleRef: { apiGroup: group, kind, name: account.name },
    subjects: [{ kind: 'ServiceAccount', ...account }],
  })
}

/** Cluster-wide rights go with the namespace too: the garbage collector sees to it. */
async function ownedBy(namespace: string, to: Connection): Promise<Readonly<Record<string, string>>> {
  const { body } = await raw('GET', `/api/v1/namespaces/${namespace}`, undefined, { to })
  return { apiVersion: 'v1', kind: 'Namespace', name: namespace, uid: (body as { metadata: { uid: string } }).metadata.uid }
}

async function created(to: Connection, path: string, body: unknown): Promise<unknown> {
  const answer = await raw('POST', path, body, { to })
  if (answer.status !== 201) throw new Error(`Cannot create in ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
  return answer.body
}

async function writeKubeconfig(to: Connection, user: string, token: string): Promise<string> {
  const { server, caFile, dir } = to
  const kubeconfig = join(dir, `${user}.kubeconfig`)
  await writeFile(kubeconfig, kubeconfigText({ server, ca: await readFile(caFile, 'utf8'), user, token }), { mode: 0o600 })
  return kubeconfig
}
