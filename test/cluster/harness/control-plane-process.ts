// Owns one control plane, described in the first argument. A process of its own, tied to its parent: see startTied.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Component, failure, startComponent, unsaid, waitUntil } from './component.ts'
import { type Connection } from './connection.ts'
import { type ControlPlaneOrder, type StartedControlPlane } from './control-plane.ts'
import { apiServerArgs, controllerManagerArgs, etcdArgs, writeFiles } from './control-plane-files.ts'
import { freePorts } from './free-ports.ts'
import { aborted, answer, parentLife } from './parent-life.ts'
import { dropConnections, request } from './request.ts'

const order = JSON.parse(process.argv[2] ?? '{}') as ControlPlaneOrder
const life = parentLife()
/** An API server that is ready answers in milliseconds; while it starts, a connection may wait until it serves. */
const answerMs = 5000
let dir = ''
let components: Component[] = []
let launchApiServer: () => Component
const lost = Promise.withResolvers<undefined>()

try {
  const started = await startInTries()
  components.forEach(watchOver)
  process.on('SIGUSR2', () => { void restartApiServer() })
  answer({ started })
  await Promise.race([aborted(life), lost.promise])
  await sayWhatEnded()
} catch (error) {
  answer({ error: error instanceof Error ? error.message : String(error) })
} finally {
  await clear()
}
process.exit()

/** Another process may take a port between our look and the bind, and what hangs in one try is made anew in the next. */
async function startInTries(): Promise<StartedControlPlane> {
  for (const [index, tryMs] of order.triesMs.entries()) {
    const started = await start(AbortSignal.any([life, AbortSignal.timeout(tryMs)])).catch((error: unknown) => ({ error }))
    if (!('error' in started)) return started
    await clear()
    if (life.aborted || index + 1 === order.triesMs.length) throw started.error
    process.stderr.write(`control plane: try ${index + 1} of ${order.triesMs.length} failed: ${String(started.error)}\n`)
  }
  throw new Error('Not one try to start a control plane')
}

async function start(signal: AbortSignal): Promise<StartedControlPlane> {
  dir = await mkdtemp(join(tmpdir(), 'endpoint-registrar-cluster-'))
  const [etcdPort = 0, peerPort = 0, port = 0] = await freePorts(order.address, 3)
  const files = await writeFiles(dir, `https://${order.address}:${port}`)

  const etcd = launch('etcd', order.etcd, etcdArgs(dir, order.address, etcdPort, peerPort))
  // Its own log, not its port: if somebody else got the port, that one would answer too.
  await waitUntil(etcd, () => unsaid(etcd, 'ready to serve client requests'), signal)

  launchApiServer = () => launch('kube-apiserver', order.apiServer, apiServerArgs(dir, order, etcdPort, port))
  const apiServer = launchApiServer()
  await waitUntil(apiServer, () => unreadiness(files.connection, signal), signal)
  await files.writeKubeconfigs()

  if (order.controllerManager !== undefined) {
    const manager = launch('kube-controller-manager', order.controllerManager, controllerManagerArgs(files.controllerManagerKubeconfig))
    await waitUntil(manager, () => unsaid(manager, 'all resource monitors have synced'), signal)
  }
  return files.controlPlane(order)
}

function launch(name: string, file: string, args: readonly string[]): Component {
  const component = startComponent(name, file, args, join(dir, `${name}.log`))
  components.push(component)
  return component
}

/** What ends by itself ends all; what is replaced is none of ours any more. */
function watchOver(component: Component): void {
  void component.exited.then(() => { if (components.includes(component)) lost.resolve(undefined) })
}

async function restartApiServer(): Promise<void> {
  const old = components.find(({ name }) => name === 'kube-apiserver')
  components = components.filter((component) => component !== old)
  await old?.kill()
  watchOver(launchApiServer())
}

/** Asked with our own random token over our own certificate, so no other server can answer in its place. */
async function unreadiness(connection: Connection, signal: AbortSignal): Promise<string | undefined> {
  try {
    return await unanswered(connection, '/readyz', signal) ?? await unanswered(connection, '/api/v1/namespaces/default', signal)
  } catch (error) {
    // A connection that was made too early must not be the one that is asked for ever.
    await dropConnections()
    return String(error)
  }
}

/** What was said where it was not 200; of /readyz the checks that fail. */
async function unanswered(connection: Connection, path: string, signal: AbortSignal): Promise<string | undefined> {
  const { status, body } = await request(connection, 'GET', path, { signal: AbortSignal.any([signal, AbortSignal.timeout(answerMs)]) })
  if (status === 200) return undefined
  const said = typeof body === 'string' ? body : JSON.stringify(body)
  return `${path} answers ${status}: ${said.split('\n').filter((line) => !line.startsWith('[+]')).join(' ')}`
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
