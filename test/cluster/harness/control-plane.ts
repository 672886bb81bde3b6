import { binary, hasAssets } from './binaries.ts'
import { type Connection } from './connection.ts'
import { eventually } from './eventually.ts'
import { request } from './request.ts'
import { startTied } from './tied-process.ts'

export interface ControlPlaneOptions {
  readonly signal?: AbortSignal
  /** Default: true. Without it nothing is mirrored, nothing is garbage collected and namespaces stay Terminating. */
  readonly controllerManager?: boolean
  /** Default: dual-stack, `10.96.0.0/16,fd00:96::/112`. The first family is the cluster's primary one. */
  readonly serviceRanges?: string
  /** The IPv4 address to bind to, and the one that clients use. Default: 127.0.0.1. */
  readonly address?: string
  /** How long each try to start may take, in ms; as many tries as there are figures. */
  readonly triesMs?: readonly number[]
}

/**
 * Two to four seconds are usual. A try that hangs must not cost the whole start, and a machine that is slow gets its time
 * in the end. Whoever waits for a start waits for longer than all of them together.
 */
export const startTriesMs: readonly number[] = [25_000, 35_000, 50_000]

/** A running kube-apiserver of our own, with its etcd and, where it was asked for, kube-controller-manager. */
export interface ControlPlane extends Connection {
  /** A kubeconfig for each fixed user: `admin` (system:masters), `limited` and `other` (no rights at all). */
  readonly users: Readonly<Record<string, string>>
  /** Resolves when it has ended and everything is removed, for whatever reason. */
  readonly ended: () => Promise<void>
  /** Kills the API server, which forgets what watches could go on from, and starts it anew on its port. Resolves when it is ready. */
  readonly restartApiServer: () => Promise<void>
  /** Ends every process and removes every file. Safe to call twice. */
  readonly stop: () => Promise<void>
}

/** What the process that owns the control plane is told. */
export interface ControlPlaneOrder {
  readonly etcd: string
  readonly apiServer: string
  readonly controllerManager?: string
  readonly serviceRanges: string
  readonly address: string
  readonly triesMs: readonly number[]
}

export type StartedControlPlane = Omit<ControlPlane, 'stop' | 'ended' | 'restartApiServer'>
export type ControlPlaneAnswer = { readonly started: StartedControlPlane } | { readonly error: string }

/**
 * Starts a control plane of its own, in about two seconds once the binaries are built. It does not outlive this process,
 * however that ends. A try that fails is told on standard error and made again on other ports. Throws BinariesUnavailable
 * where there is neither a binary nor Go.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const order = await orderOf(options)
  options.signal?.throwIfAborted()
  const owner = startTied(new URL('control-plane-process.ts', import.meta.url), order)
  const stop = (): void => { void owner.stop() }
  options.signal?.addEventListener('abort', stop, { once: true })
  void owner.exited.then(() => { options.signal?.removeEventListener('abort', stop) })
  const answer = JSON.parse(await owner.answer) as ControlPlaneAnswer
  if ('started' in answer) {
    const { started } = answer
    const restartApiServer = async (): Promise<void> => {
      const before = await startTime(started)
      owner.signal('SIGUSR2')
      await eventually(async () => { if (await startTime(started) === before) throw new Error('Not restarted yet') })
    }
    return { ...started, ended: () => owner.exited, restartApiServer, stop: () => owner.stop() }
  }
  await owner.exited
  options.signal?.throwIfAborted()
  throw new Error(answer.error)
}

/** Of the API server's process. Rejects while it is not ready. */
async function startTime(connection: Connection): Promise<string> {
  const signal = AbortSignal.timeout(5000)
  const ready = await request(connection, 'GET', '/readyz', { signal })
  const { body } = await request(connection, 'GET', '/metrics', { signal })
  const found = /^process_start_time_seconds (.+)$/m.exec(String(body))?.[1]
  if (ready.status !== 200 || found === undefined) throw new Error('The API server is not ready')
  return found
}

async function orderOf(options: ControlPlaneOptions): Promise<ControlPlaneOrder> {
  const { signal, controllerManager = true, serviceRanges = '10.96.0.0/16,fd00:96::/112', address = '127.0.0.1', triesMs = startTriesMs } = options
  const etcd = await binary('etcd', signal)
  const apiServer = await binary('kube-apiserver', signal)
  const order = { etcd, apiServer, serviceRanges, address, triesMs }
  // KUBEBUILDER_ASSETS has no controller manager, and one of another version is not put beside its API server.
  if (!controllerManager || hasAssets()) return order
  return { ...order, controllerManager: await binary('kube-controller-manager', signal) }
}
