// The composition of `run`: what a pass has, followed, with the lease, the log, the metrics and the admin port.

import { openClient, policyOf, targetOptions, writeConcurrency, type AppOptions } from './app.ts'
import { type Running } from './controller/run.ts'
import { type RunOptions } from './controller/run-world.ts'
import { type ClientOptions } from './kubernetes/client.ts'
import { type LeaseLeadership } from './kubernetes/stand-for-election.ts'
import { type Declared } from './model/declared.ts'
import { type Happening, type Tell } from './model/happenings.ts'
import { type Following, type Leadership, type Listener, type Scope, type StandForElection, type Target } from './model/ports.ts'
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

/**
 * Starts `run`. Rejects where there is no cluster to be named, or no port to listen at, before anything is followed; an
 * API server that is away is waited for.
 */
export async function openRun(declared: Declared, options: RunAppOptions): Promise<RunApp> {
  const [{ run }, { followHosts }, { followTargets }, { openLog }, { openMetrics }, { openAdmin }] = await Promise.all([
    import('./controller/run.ts'), import('./resolve/follow-hosts.ts'), import('./probe/follow-targets.ts'),
    import('./telemetry/log.ts'), import('./telemetry/metrics.ts'), import('./telemetry/admin-server.ts'),
  ])
  // What it is joined from asks back about it.
  const begun: { run?: Running } = {}
  const theRun = (): Running => {
    if (begun.run === undefined) throw new Error('Still starting')
    return begun.run
  }
  const status = (): RunStatus => ({ ...theRun().status(), version: options.version })
  const metrics = openMetrics({ status, heardAt: () => theRun().heardAt() })
  const sinks: Tell[] = [await openLog({ level: options.logLevel, isPretty: process.stderr.isTTY }), metrics.tell]
  const tell = (happening: Happening): void => { for (const sink of sinks) sink(happening) }
  const place = await openPlace(declared, options, { tell, onAnswer: metrics.requested, uidOf: (namespace, name) => theRun().uidOf(namespace, name) })
  if (place.events !== undefined) sinks.push(place.events)
  const admin = options.admin === undefined ? undefined : await openAdmin({
    listen: options.admin, status, metrics, tell, isHealthy: () => begun.run?.whyNotHealthy() ?? true,
    isReady: () => (begun.run === undefined ? 'Still starting' : begun.run.whyNotReady() ?? true),
    requestSync: () => { void begun.run?.resync('asked') },
  })
  const now = (): number => Date.now()
  const running = run(declared, {
    target: place.target, standForElection: place.standForElection, tell, now,
    addressPolicy: (each) => policyOf(each, options),
    followObjects: (scope, heard) => follow(place.target, scope, { heard, tell }),
    followHosts: (changed) => followHosts({ now, changed, tell }),
    ...(options.isProbing && { followTargets: (changed: (owners: readonly string[]) => void) => followTargets({ now, changed, tell }) }),
    waited: metrics.waited, looked: metrics.looked,
  }, runOptionsOf(options))
  begun.run = running
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

function follow(target: Target, scope: Scope, listener: Listener): Following {
  const following = target.follow?.(scope, listener)
  if (following === undefined) throw new Error('This target cannot be followed')
  return following
}

/** Where the objects live, and who may write there. */
interface Place {
  readonly target: Target
  readonly standForElection: StandForElection
  /** Says at each Service what happens to it. */
  readonly events?: Tell
  readonly close: () => Promise<void>
}

/** What a place has to know of the run that it is for. */
interface Caller {
  readonly tell: Tell
  readonly onAnswer: NonNullable<ClientOptions['onAnswer']>
  readonly uidOf: (namespace: string, name: string) => string | undefined
}

async function openPlace(declared: Declared, options: RunAppOptions, caller: Caller): Promise<Place> {
  if (options.to.kind === 'cluster') return openCluster(declared, options, caller)
  const { directoryTarget } = await import('./directory/directory-target.ts')
  const target = directoryTarget(options.to.kind === 'directory' ? options.to.path : '', declared.instance)
  return { target, standForElection: onlyOne, close: () => target.close() }
}

// A call that hangs must not outlast the lease, and a fault's end is to be noticed within seconds.
const pace = { timeoutMs: 5000, credentialsMs: 5000, tries: 2, totalMs: 6000 }

async function openCluster({ instance }: Declared, options: RunAppOptions, { tell, uidOf, onAnswer }: Caller): Promise<Place> {
  const [{ clusterTarget }, { forLease, standForElection }, place, { eventSink }] = await Promise.all([
    import('./kubernetes/cluster-target.ts'), import('./kubernetes/stand-for-election.ts'),
    import('./kubernetes/lease-place.ts'), import('./kubernetes/event-sink.ts'),
  ])
  // Renewals and Events have connections of their own: neither waits behind a thousand writes, nor do these behind them.
  const [client, leaseClient] = await Promise.all([openClient(options, { pace, onAnswer }), openClient(options, { ...forLease, onAnswer })])
  const identity = place.leaseIdentity()
  const namespace = options.lease?.namespace ?? place.leaseNamespace(leaseClient)
  const name = options.lease?.name ?? place.leaseName(instance)
  let leadership: LeaseLeadership | undefined
  const election = standForElection({ client: leaseClient, tell, identity, namespace, name })
  const stand = (started: (leading: AbortSignal) => void): Leadership => leadership = election(started)
  const windowed = options.lease !== undefined && { writeWindowMs: () => leadership?.writeWindowMs() ?? 0 }
  const target = clusterTarget(client, { ...targetOptions(options), ...windowed })
  const events = eventSink(leaseClient, {
    instance, identity, uidOf, tell,
    isLeading: () => options.lease === undefined || (leadership?.isLeading() ?? false),
    ...(options.lease !== undefined && { lease: { namespace, name, uid: () => leadership?.leaseUid() } }),
  })
  return {
    target, events: events.tell, standForElection: options.lease === undefined ? onlyOne : stand,
    close: async () => {
      await events.stop()
      await Promise.all([target.close(), leaseClient.close()])
    },
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
