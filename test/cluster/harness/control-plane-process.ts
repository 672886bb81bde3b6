// Owns one control plane, described in the first argument. A process of its own, tied to its parent: see startTied.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Component, failure, logHas, startComponent, waitUntil } from './component.ts'
import { type Connection } from './connection.ts'
import { type ControlPlaneOrder, type StartedControlPlane } from './control-plane.ts'
import { apiServerArgs, controllerManagerArgs, etcdArgs, writeFiles } from './control-plane-files.ts'
import { freePorts } from './free-ports.ts'
import { aborted, answer, parentLife } from './parent-life.ts'
import { request } from './request.ts'

const order = JSON.parse(process.argv[2] ?? '{}') as ControlPlaneOrder
const life = parentLife()
let dir = ''
let components: Component[] = []

try {
  answer({ started: await startWithFreePorts() })
  await Promise.race([aborted(life), ...components.map((component) => component.exited)])
  await sayWhatEnded()
} catch (error) {
  answer({ error: error instanceof Error ? error.message : String(error) })
} finally {
  await clear()
}
process.exit()

/** Another process may take a port between our look and the bind: only that is worth another try. */
async function startWithFreePorts(): Promise<StartedControlPlane> {
  for (let attempt = 1; ; attempt++) {
    const started = await start(AbortSignal.any([life, AbortSignal.timeout(60_000)])).catch((error: unknown) => ({ error }))
    if (!('error' in started)) return started
    await clear()
    if (life.aborted || attempt === 4 || !String(started.error).includes('address already in use')) throw started.error
  }
}

async function start(signal: AbortSignal): Promise<StartedControlPlane> {
  dir = await mkdtemp(join(tmpdir(), 'endpoint-registrar-cluster-'))
  const [etcdPort = 0, peerPort = 0, port = 0] = await freePorts(order.address, 3)
  const files = await writeFiles(dir, `https://${order.address}:${port}`)

  const etcd = launch('etcd', order.etcd, etcdArgs(dir, order.address, etcdPort, peerPort))
  // Its own log, not its port: if somebody else got the port, that one would answer too.
  await waitUntil(etcd, () => logHas(etcd, 'ready to serve client requests'), signal)

  const apiServer = launch('kube-apiserver', order.apiServer, apiServerArgs(dir, order, etcdPort, port))
  await waitUntil(apiServer, () => isReady(files.connection, signal), signal)
  await files.writeKubeconfigs()

  if (order.controllerManager !== undefined) {
    const manager = launch('kube-controller-manager', order.controllerManager, controllerManagerArgs(files.controllerManagerKubeconfig))
    await waitUntil(manager, () => logHas(manager, 'all resource monitors have synced'), signal)
  }
  return files.controlPlane(order)
}

function launch(name: string, file: string, args: readonly string[]): Component {
  const component = startComponent(name, file, args, join(dir, `${name}.log`))
  components.push(component)
  return component
}

/** Asked with our own random token over our own certificate, so no other server can answer in its place. */
async function isReady(connection: Connection, signal: AbortSignal): Promise<boolean> {
  try {
    const ready = await request(connection, 'GET', '/readyz', { signal })
    return ready.status === 200 && (await request(connection, 'GET', '/api/v1/namespaces/default', { signal })).status === 200
  } catch {
    return false
  }
}

async function sayWhatEnded(): Promise<void> {
  const ended = components.find((component) => component.hasExited())
  if (!life.aborted && ended !== undefined) process.stderr.write(`${(await failure(ended, 'ended by itself')).message}\n`)
}

/** Everything else first, etcd last: an API server that lost its etcd hangs on to its port for a minute. */
async function clear(): Promise<void> {
  for (const component of components.reverse()) await component.kill()
  components = []
  if (dir !== '') await rm(dir, { recursive: true, force: true })
}
