import { createHash } from 'node:crypto'
import { type AgentOptions } from 'node:https'
import type { Socket } from 'node:net'
import { createSecureContext } from 'node:tls'
import { type KubeConfig } from '@kubernetes/client-node/dist/config.js'
import { Agent, type Dispatcher } from 'undici'
import { unlessAborted } from '../model/unless-aborted.ts'
import { ClusterError } from './cluster-error.ts'
import { execPlugins } from './exec-plugins.ts'
import { notedConnector } from './noted-connector.ts'
import { within } from './within.ts'

/** How a call gets in: over which connections and with which headers. */
export interface Pass {
  readonly dispatcher: Dispatcher
  readonly headers: Readonly<Record<string, string>>
}

export interface Credentials {
  /**
   * The current pass; files and exec plugins are asked at most once a second, and once for all who wait. Rejects with
   * ClusterError, also after too long a wait (who is asked goes on, and those who come later have it), or with the signal's reason.
   */
  current(signal: AbortSignal): Promise<Pass>
  /** After a 401: forgets what is cached, the kubeconfig too, unless somebody did so since `refused` was handed out. */
  renew(refused: Pass): void
  close(): Promise<void>
}

const freshMs = 1000

export interface CredentialsOptions {
  /** Reads the kubeconfig; called anew after a 401, since an exec plugin's token is cached inside. */
  readonly load: () => KubeConfig
  /** The most that are opened; null for as many as it is asked for. */
  readonly connections: number | null
  /** How long one may wait for a pass. */
  readonly waitMs: number
}

interface Asking {
  readonly pass: Promise<Pass>
  /** What came of it, and when: it is asked again a second after that, and never while it is under way. */
  had: { readonly pass: Pass; readonly at: number } | undefined
}

/** Keeps one connection pool for as long as CA, certificate and key stay the same; client-node makes one a call. */
export function credentials({ load, connections, waitMs }: CredentialsOptions): Credentials {
  const pool = sharedPool(connections)
  const plugins = execPlugins()
  let config: KubeConfig | undefined
  let cached: Asking | undefined
  let latest: Pass | undefined

  const obtain = async (): Promise<Pass> => {
    try {
      config ??= plugins.attach(pool.attach(load()))
      latest = await passOf(config)
      return latest
    } catch (error) {
      throw noCredentials(firstLine(error), error)
    }
  }
  const ask = (): Asking => {
    const asking: Asking = { pass: obtain(), had: undefined }
    asking.pass.then((pass) => { asking.had = { pass, at: performance.now() } }, () => { if (cached === asking) cached = undefined })
    return asking
  }
  return {
    current: async (signal) => {
      signal.throwIfAborted()
      const had = cached?.had
      if (had !== undefined && performance.now() - had.at <= freshMs) return had.pass
      const { pass } = cached = cached !== undefined && had === undefined ? cached : ask()
      const late = (): Error => noCredentials(`none came in ${waitMs / 1000} s`)
      return within(waitMs, signal, late, (deadline) => unlessAborted(pass, deadline))
    },
    renew: (refused) => {
      if (latest !== refused) return
      latest = undefined
      cached = undefined
      config = undefined
    },
    close: () => {
      plugins.stop()
      return pool.close()
    },
  }
}

type SecurityContext = Parameters<KubeConfig['applySecurityAuthentication']>[0]

async function passOf(config: KubeConfig): Promise<Pass> {
  const headers: Record<string, string> = {}
  let dispatcher: Dispatcher | undefined
  const context = {
    setHeaderParam: (name: string, value: string) => { headers[name.toLowerCase()] = value },
    setDispatcher: (given: Dispatcher) => { dispatcher = given },
  }
  await config.applySecurityAuthentication(context as unknown as SecurityContext)
  if (dispatcher === undefined) throw new Error('no connection pool was made')
  return { dispatcher, headers }
}

interface DispatcherMaker {
  createDispatcher(cluster: ReturnType<KubeConfig['getCurrentCluster']>, tls: AgentOptions): Dispatcher | undefined
}

/** Makes KubeConfigs use one pool, rebuilt when a rotated CA or client certificate is read. */
function sharedPool(connections: number | null): { attach(config: KubeConfig): KubeConfig; close(): Promise<void> } {
  let current: { readonly key: string; readonly dispatcher: Dispatcher } | undefined
  const connecting = new Set<Socket>()
  const attach = (config: KubeConfig): KubeConfig => {
    // Private in the types, and the one place where a pool can be handed in.
    const maker = config as unknown as DispatcherMaker
    const makeOwn = maker.createDispatcher.bind(config)
    maker.createDispatcher = (cluster, tls) => {
      const key = createHash('sha256').update(JSON.stringify([cluster?.server, cluster?.proxyUrl, tls])).digest('hex')
      if (current?.key === key) return current.dispatcher
      const options = config.createDispatcherOptions(cluster, tls)
      // Through a proxy the pool is client-node's own make; kept and shared all the same.
      const made = 'uri' in options ? makeOwn(cluster, tls) : directPool(connections, 'connect' in options ? options.connect : {}, connecting)
      // Calls under way on the old connections end in peace; a failure to close them concerns nobody.
      current?.dispatcher.close().catch(() => undefined)
      current = made && { key, dispatcher: made }
      return made
    }
    return config
  }
  const close = async (): Promise<void> => {
    const destroyed = current?.dispatcher.destroy()
    for (const socket of connecting) socket.destroy(new Error('Closed while connecting'))
    await destroyed
  }
  return { attach, close }
}

function directPool(connections: number | null, connect: object, connecting: Set<Socket>): Agent {
  // Once: reading the CA and the key again would cost each connection half a millisecond.
  const secureContext = createSecureContext(connect)
  return new Agent({ connections, allowH2: false, connect: notedConnector({ ...connect, secureContext, allowH2: false, timeout: 10_000 }, connecting) })
}

function noCredentials(why: string, cause?: unknown): ClusterError {
  return new ClusterError(`No credentials for the API server: ${why}`, { reason: 'Credentials', retryable: false, cause })
}

// An exec plugin's standard error can be long.
function firstLine(error: unknown): string {
  const { message } = error as { readonly message?: unknown }
  return (String(message).trim().split('\n')[0] ?? '').slice(0, 300)
}
