import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Capability, type Connection } from './connection.ts'
import { type ControlPlaneOrder, type StartedControlPlane } from './control-plane.ts'
import { kubeconfigText } from './kubeconfig-text.ts'

const users = {
  admin: 'system:masters',
  'controller-manager': 'system:masters',
  limited: '',
  other: '',
} as const

/** Every request as it is received, before it is answered: who has the answer can read the line. */
const auditPolicy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['ResponseStarted', 'ResponseComplete', 'Panic'],
  rules: [{ level: 'Metadata' }],
}

export interface ControlPlaneFiles {
  readonly connection: Connection
  readonly controllerManagerKubeconfig: string
  /** Once the API server has made its certificate. */
  writeKubeconfigs(): Promise<void>
  controlPlane(order: ControlPlaneOrder): StartedControlPlane
}

/** Writes what the processes read at their start. */
export async function writeFiles(dir: string, server: string): Promise<ControlPlaneFiles> {
  const tokens = new Map(Object.keys(users).map((user) => [user, randomBytes(24).toString('hex')]))
  const kubeconfig = (user: string): string => join(dir, `${user}.kubeconfig`)
  const caFile = join(dir, 'certs', 'apiserver.crt')
  const rows = Object.entries(users).map(([user, groups]) => `${tokens.get(user) ?? ''},${user},${user},"${groups}"\n`)
  await writeFile(join(dir, 'tokens.csv'), rows.join(''), { mode: 0o600 })
  await writeFile(join(dir, 'audit-policy.json'), JSON.stringify(auditPolicy))
  await writeServiceAccountKeys(dir)
  const connection = {
    kubeconfig: kubeconfig('admin'), server, caFile, token: tokens.get('admin') ?? '', auditLog: join(dir, 'audit.log'), capabilities: [], dir,
  }
  return {
    connection,
    controllerManagerKubeconfig: kubeconfig('controller-manager'),
    writeKubeconfigs: async () => {
      const ca = await readFile(caFile, 'utf8')
      for (const [user, token] of tokens) await writeFile(kubeconfig(user), kubeconfigText({ server, ca, user, token }), { mode: 0o600 })
    },
    controlPlane: (order) => ({
      ...connection, capabilities: capabilitiesOf(order),
      users: { admin: kubeconfig('admin'), limited: kubeconfig('limited'), other: kubeconfig('other') },
    }),
  }
}

function capabilitiesOf(order: ControlPlaneOrder): readonly Capability[] {
  return [
    'own',
    'requestLog',
    ...(order.serviceRanges.includes(',') ? ['dualStack' as const] : []),
    ...(order.controllerManager === undefined ? [] : ['controllerManager' as const]),
  ]
}

async function writeServiceAccountKeys(dir: string): Promise<void> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  await writeFile(join(dir, 'sa.pub'), publicKey.export({ type: 'spki', format: 'pem' }))
  await writeFile(join(dir, 'sa.key'), privateKey.export({ type: 'sec1', format: 'pem' }))
  await chmod(join(dir, 'sa.key'), 0o600)
}

export function etcdArgs(dir: string, address: string, port: number, peerPort: number): readonly string[] {
  return [
    `--data-dir=${join(dir, 'etcd')}`,
    `--listen-client-urls=http://${address}:${port}`,
    `--advertise-client-urls=http://${address}:${port}`,
    `--listen-peer-urls=http://${address}:${peerPort}`,
    `--initial-advertise-peer-urls=http://${address}:${peerPort}`,
    `--initial-cluster=default=http://${address}:${peerPort}`,
    '--unsafe-no-fsync',
  ]
}

export function apiServerArgs(dir: string, order: ControlPlaneOrder, etcdPort: number, port: number): readonly string[] {
  return [
    `--etcd-servers=http://${order.address}:${etcdPort}`,
    `--cert-dir=${join(dir, 'certs')}`,
    // The self-made certificate names this address: it must be the one that clients use.
    `--bind-address=${order.address}`,
    `--advertise-address=${order.address}`,
    `--secure-port=${port}`,
    `--service-cluster-ip-range=${order.serviceRanges}`,
    '--authorization-mode=RBAC',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${join(dir, 'sa.pub')}`,
    `--service-account-signing-key-file=${join(dir, 'sa.key')}`,
    '--disable-admission-plugins=ServiceAccount',
    `--token-auth-file=${join(dir, 'tokens.csv')}`,
    '--endpoint-reconciler-type=none',
    `--audit-policy-file=${join(dir, 'audit-policy.json')}`,
    `--audit-log-path=${join(dir, 'audit.log')}`,
    '--audit-log-mode=blocking',
    // Never rotated: positions in the file stay true.
    '--audit-log-maxsize=1000000',
  ]
}

export function controllerManagerArgs(kubeconfig: string): readonly string[] {
  const controllers = [
    'endpointslice-mirroring-controller', 'endpoints-controller', 'endpointslice-controller', 'garbage-collector-controller', 'namespace-controller',
  ]
  return [`--kubeconfig=${kubeconfig}`, '--leader-elect=false', '--secure-port=0', `--controllers=${controllers.join(',')}`]
}
