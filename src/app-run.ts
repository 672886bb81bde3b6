// The composition of `run`: what a pass has, followed, with the lease, the log, the metrics and the admin port.

import { openClient, policyOf, targetOptions, writeConcurrency, type AppOptions } from './app.ts'
import { type Running } from './controller/run.ts'
import { type RunOptions } from './controller/run-world.ts'
import { type Declared } from './model/declared.ts'
import { type Happening, type Tell } from './model/happenings.ts'
import { type Leadership, type StandForElection, type Target } from './model/ports.ts'
import { type RunStatus } from './model/run-status.ts'

export interface RunAppOptions extends AppOptions, Pick<RunOptions, 'prune' | 'allowDeletes'> {
  /** `host:port` of the admin port; undefined opens none. */
  readonly admin?: string
  /** Undefined: there is one writer, and nobody is asked. */
  readonly lease?: { readonly namespace?: string; readonly name?: string }
  readonly logLevel: 'info' | 'debug'
  readonly version: string
}

export interface RunApp {
  readonly running: Running
  readonly tell: Tell
  /** Where the admin port listens. */
  readonly admin?: string
  /** Ends everything, in order. */
  stop(): Promise<void>
}

/** Starts `run`. Rejects where there is no cluster to be named, or no port to listen at; an API server that is away is waited for. */
export async function openRun(declared: Declared, options: RunAppOptions): Promise<RunApp> {
  const [{ run }, { followHosts }, { followTargets }, { openLog }, { openMetrics }, { openAdmin }] = await Promise.all([
    import('./controller/run.ts'), import('./resolve/follow-hosts.ts'), import('./probe/follow-targets.ts'),
    import('./telemetry/log.ts'), import('./telemetry/metrics.ts'), import('./telemetry/admin-server.ts'),
  ])
  const status = (): RunStatus => ({ ...running.status(), version: options.version })
  const metrics = openMetrics({ status, heardAt: () => running.heardAt() })
  const sinks: Tell[] = [await openLog({ level: options.logLevel, isPretty: process.stderr.isTTY }), metrics.tell]
  const tell = (happening: Happening): void => { for (const sink of sinks) sink(happening) }
  const place = await openPlace(declared, options, tell)
  const now = (): number => Date.now()
  const running: Running = run(declared, {
    target: place.target, standForElection: place.standForElection, tell, now,
    addressPolicy: (each) => policyOf(each, options),
    followObjects: (scope, heard) => followed(place.target)(scope, { heard, tell }),
    followHosts: (changed) => followHosts({ now, changed, tell }),
    ...(options.isProbing && { followTargets: (changed: (owners: readonly string[]) => void) => followTargets({ now, changed, tell }) }),
    waited: metrics.waited, looked: metrics.looked,
  }, runOptionsOf(options))
  const isReady = (): true | string => running.whyNotReady() ?? true
  const admin = options.admin === undefined ? undefined
    : await openAdmin({ listen: options.admin, status, metrics, isHealthy: () => true, isReady, requestSync: () => { void running.resync('asked') }, tell })
  return {
    running, tell,
    ...(admin !== undefined && { admin: admin.address }),
    async stop() {
      await running.stop()
      await Promise.all([admin?.close(), place.close()])
    },
  }
}

function runOptionsOf({ prune, allowDeletes, namespaces }: RunAppOptions): RunOptions {
  return { prune, allowDeletes, concurrency: writeConcurrency, ...(namespaces !== undefined && { namespaces }) }
}

function followed(target: Target): NonNullable<Target['follow']> {
  if (target.follow === undefined) throw new Error('This target cannot be followed')
  return (scope, listener) => target.follow?.(scope, listener) ?? (() => { throw new Error('Not followed') })()
}

/** Where the objects live, and who may write there. */
interface Place {
  readonly target: Target
  readonly standForElection: StandForElection
  readonly close: () => Promise<void>
}

// A call that hangs must not outlast the lease, and a fault's end is to be noticed within seconds.
const pace = { timeoutMs: 5000, tries: 2, totalMs: 6000 }

async function openPlace(declared: Declared, options: RunAppOptions, tell: Tell): Promise<Place> {
  if (options.to.kind !== 'cluster') {
    const path = options.to.kind === 'directory' ? options.to.path : ''
    const { directoryTarget } = await import('./directory/directory-target.ts')
    const target = directoryTarget(path, declared.instance)
    return { target, standForElection: onlyOne, close: () => target.close() }
  }
  const [{ clusterTarget }, { forLease, standForElection }, { leaseIdentity, leaseName, leaseNamespace }] = await Promise.all([
    import('./kubernetes/cluster-target.ts'), import('./kubernetes/stand-for-election.ts'), import('./kubernetes/lease-place.ts'),
  ])
  const client = await openClient(options, { pace })
  if (options.lease === undefined) {
    const target = clusterTarget(client, targetOptions(options))
    return { target, standForElection: onlyOne, close: () => target.close() }
  }
  const leaseClient = await openClient(options, forLease)
  let leadership: (Leadership & { writeWindowMs(): number }) | undefined
  const stand = standForElection({
    client: leaseClient, tell, identity: leaseIdentity(),
    namespace: options.lease.namespace ?? leaseNamespace(leaseClient), name: options.lease.name ?? leaseName(declared.instance),
  })
  const target = clusterTarget(client, { ...targetOptions(options), writeWindowMs: () => leadership?.writeWindowMs() ?? 0 })
  return {
    target,
    standForElection: (started) => leadership = stand(started),
    close: async () => { await Promise.all([target.close(), leaseClient.close()]) },
  }
}

/** Leads from the first turn on to the end: there is nobody else, or nobody is asked. */
function onlyOne(started: (leading: AbortSignal) => void): Leadership {
  const leading = new AbortController()
  queueMicrotask(() => { started(leading.signal) })
  return {
    isLeading: () => !leading.signal.aborted,
    holder: () => undefined,
    stop: () => { leading.abort(); return Promise.resolve() },
  }
}
