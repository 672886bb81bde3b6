import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { binary } from './binaries.ts'
import { type SharedCluster } from './cluster.ts'
import { type Capability } from './connection.ts'
import { closeRequests, type Reach, request } from './request.ts'

type UserData = Partial<Record<'token' | 'client-certificate-data' | 'client-key-data', string>>

interface FlatKubeconfig {
  readonly clusters: readonly { readonly cluster: { readonly server: string; readonly 'certificate-authority-data'?: string } }[]
  readonly users: readonly { readonly user: UserData }[]
}

/**
 * Somebody else's disposable cluster: nothing is started, nothing of it is stopped. Its user needs a token or a client
 * certificate. `atEnd` is told how to clear away what this made.
 */
export async function foreignCluster(file: string, atEnd: (end: () => Promise<void>) => void): Promise<SharedCluster> {
  const kubectlFile = await binary('kubectl')
  const { clusters: [target], users: [user] } = await flatKubeconfig(kubectlFile, file)
  const ca = target?.cluster['certificate-authority-data']
  if (target === undefined || ca === undefined) throw new Error(`TEST_KUBECONFIG names no server with a certificate authority: ${file}`)
  const dir = await mkdtemp(join(tmpdir(), 'endpoint-registrar-cluster-'))
  atEnd(() => rm(dir, { recursive: true, force: true }))
  const caFile = join(dir, 'ca.crt')
  await writeFile(caFile, decoded(ca))
  const reach = { server: target.cluster.server, caFile, ...credentials(user?.user ?? {}) }
  const capabilities: readonly Capability[] = await isDualStack(reach) ? ['controllerManager', 'dualStack'] : ['controllerManager']
  return { ...reach, kubeconfig: resolve(file), users: {}, kubectlFile, dir, capabilities }
}

async function flatKubeconfig(kubectlFile: string, file: string): Promise<FlatKubeconfig> {
  const args = ['config', 'view', '--raw', '--minify', '--flatten', '-o', 'json', '--kubeconfig', file]
  return JSON.parse((await promisify(execFile)(kubectlFile, args)).stdout) as FlatKubeconfig
}

async function isDualStack(reach: Reach): Promise<boolean> {
  const { body } = await request(reach, 'GET', '/apis/networking.k8s.io/v1/servicecidrs/kubernetes')
  await closeRequests()
  return (body as { spec?: { cidrs?: readonly string[] } }).spec?.cidrs?.length === 2
}

function credentials(user: UserData): Pick<SharedCluster, 'token' | 'clientCertificate'> {
  const [cert, key] = [user['client-certificate-data'], user['client-key-data']]
  if (user.token !== undefined) return { token: user.token }
  if (cert !== undefined && key !== undefined) return { clientCertificate: { cert: decoded(cert), key: decoded(key) } }
  throw new Error('The user of TEST_KUBECONFIG has neither a token nor a client certificate')
}

function decoded(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8')
}
