// etcd with two API servers, as in a highly available cluster: one for the registrars, which can be killed and started
// again, and one for the oracle, which misses nothing because of that.

import { cp, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { binary } from '../cluster/harness/binaries.ts'
import { type Component, startComponent, unsaid, waitUntil } from '../cluster/harness/component.ts'
import { type Connection } from '../cluster/harness/connection.ts'
import { apiServerArgs, controllerManagerArgs, etcdArgs, writeFiles } from '../cluster/harness/control-plane-files.ts'
import { type ControlPlaneOrder } from '../cluster/harness/control-plane.ts'
import { freePorts } from '../cluster/harness/free-ports.ts'
import { request } from '../cluster/harness/request.ts'

export interface FaultyControlPlane {
  /** For who watches and arranges: never restarted. */
  readonly quiet: Connection
  /** For the registrars. */
  readonly served: Connection
  /** Kills the registrars' API server; what it kept in memory is gone. The returned function starts it again. */
  killServed(): Promise<() => Promise<void>>
  /** Whether the registrars' API server was down at any moment since then, in ms of performance.now(). */
  wasServedDownSince(at: number): boolean
}

const address = '127.0.0.1'
const startMs = 90_000

/** Starts it in this folder. Nothing ends it but the end of the process namespace. */
export async function startControlPlane(dir: string): Promise<FaultyControlPlane> {
  const order: ControlPlaneOrder = {
    etcd: await binary('etcd'), apiServer: await binary('kube-apiserver'), controllerManager: await binary('kube-controller-manager'),
    serviceRanges: '10.96.0.0/16,fd00:96::/112', address, triesMs: [startMs],
  }
  const [etcdPort = 0, peerPort = 0, quietPort = 0, servedPort = 0] = await freePorts(address, 4)
  const [quietDir, servedDir] = [join(dir, 'quiet'), join(dir, 'served')]
  await Promise.all([quietDir, servedDir].map((each) => mkdir(each, { recursive: true })))
  const files = await writeFiles(quietDir, `https://${address}:${quietPort}`)
  for (const name of ['sa.pub', 'sa.key', 'tokens.csv', 'audit-policy.json']) await cp(join(quietDir, name), join(servedDir, name))
  const quiet = files.connection
  const served = { ...quiet, server: `https://${address}:${servedPort}`, caFile: join(servedDir, 'certs', 'apiserver.crt'), dir: servedDir }

  const start = (name: string, file: string, args: readonly string[]): Component => startComponent(name, file, args, join(dir, `${name}.log`))
  const etcd = start('etcd', order.etcd, etcdArgs(dir, address, etcdPort, peerPort))
  await waitUntil(etcd, () => unsaid(etcd, 'ready to serve client requests'), AbortSignal.timeout(startMs))
  const startServer = async (name: string, serverDir: string, port: number, connection: Connection): Promise<Component> => {
    const server = start(name, order.apiServer, apiServerArgs(serverDir, order, etcdPort, port))
    await waitUntil(server, () => unreadiness(connection), AbortSignal.timeout(startMs))
    return server
  }
  await startServer('quiet-apiserver', quietDir, quietPort, quiet)
  await files.writeKubeconfigs()
  let server = await startServer('served-apiserver', servedDir, servedPort, served)
  start('kube-controller-manager', order.controllerManager ?? '', controllerManagerArgs(files.controllerManagerKubeconfig))
  let downUntil = -Infinity
  return {
    quiet, served,
    async killServed() {
      downUntil = Infinity
      await server.kill()
      return async () => {
        server = await startServer('served-apiserver', servedDir, servedPort, served)
        downUntil = performance.now()
      }
    },
    wasServedDownSince: (at) => downUntil > at,
  }
}

async function unreadiness(connection: Connection): Promise<string | undefined> {
  try {
    const { status, body } = await request(connection, 'GET', '/readyz', { signal: AbortSignal.timeout(5000) })
    return status === 200 ? undefined : String(body)
  } catch (error) {
    return String(error)
  }
}
