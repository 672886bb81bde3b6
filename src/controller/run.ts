// The loop: follows DNS, targets and objects, and looks at a service whenever something of it may have changed.

import { serviceKey, type Declared, type DeclaredService } from '../model/declared.ts'
import { type Plan } from '../model/changes.ts'
import { type ResyncCause } from '../model/happenings.ts'
import { type RunStatus } from '../model/run-status.ts'
import { newDoubts } from './doubts.ts'
import { followedHosts } from './followed-hosts.ts'
import { newLook } from './look-at-service.ts'
import { scopeOf } from './observe.ts'
import { prune } from './prune.ts'
import { openQueue } from './queue.ts'
import { openResync } from './resync.ts'
import { passOptionsOf, type Followed, type RunOptions, type RunWorld, type Situation } from './run-world.ts'
import { happeningsOf, nextState, type KnownState, type Look } from './service-states.ts'
import { serviceStatesOf } from './status-of-run.ts'

export interface Running {
  /** Takes another config; a string says why it cannot be taken, and the one before it holds. */
  take(declared: Declared): string | undefined
  /** Notes that a config was faulty: the last good one holds, and nothing is pruned until there is a good one. */
  refuse(fault: string): void
  resync(cause: ResyncCause): Promise<void>
  status(): Omit<RunStatus, 'version'>
  /** The uid of a service's Service, as last heard. */
  uidOf(namespace: string, name: string): string | undefined
  /** ms since the epoch of the last sign of life of the slowest watch. */
  heardAt(): number | undefined
  /** Why it is not ready, or undefined where it is. */
  whyNotReady(): string | undefined
  /** Takes no more work, finishes the writes in flight, gives the lease back. */
  stop(): Promise<void>
}

// Answers of DNS may take their time; what was not looked at by then holds back what goes in its namespace.
const lookAllWithinMs = 60_000

// A Pod that is asked to end gets thirty seconds, and people expect five.
const writesEndWithinMs = 3000

/** Starts to follow the world of a config. Nothing is written before the lease is held. */
export function run(first: Declared, world: RunWorld, options: RunOptions): Running {
  const startedAt = iso(world.now())
  const situation: Situation = { ...takenOf(first, world), refuse: () => undefined }
  const states = new Map<string, KnownState>()
  const ending = new AbortController()
  let withheld: Plan['guard']

  const queue = openQueue({
    concurrency: options.concurrency, debounceMs: () => situation.declared.writeDebounceMs,
    ...(world.waited !== undefined && { waited: world.waited }),
    look: async (key) => {
      const looked = await look(key)
      world.looked?.(looked)
      return looked
    },
  })
  const again = (key: string, delayMs: number): void => { queue.addLater(key, delayMs) }
  const addAll = (keys: Iterable<string>): void => { for (const key of keys) queue.add(key) }
  const hosts = followedHosts(world.followHosts, (key) => { queue.add(key) })
  const followed: Followed = {
    objects: world.followObjects(scopeNow(), addAll), hosts: hosts.follower, targets: world.followTargets?.(addAll),
  }
  const doubts = newDoubts({ now: world.now, tell: world.tell, again })
  const look = newLook({ situation, followed, doubts, world, options, again, seen: remember })
  const resync = openResync(resyncOnce, world.tell, world.now)
  const leadership = world.standForElection((leading) => {
    situation.leading = AbortSignal.any([leading, ending.signal])
    // At once from what is known, so that a takeover does not wait for the lists.
    addAll(situation.services.keys())
    void resync.ask('leading')
  })
  void resync.ask('start')

  function scopeNow(): ReturnType<typeof scopeOf> {
    return scopeOf(situation.declared, situation.declared.services, passOptionsOf(options))
  }

  /** Reads everything anew, looks at every service, and lets go what is no longer declared. */
  async function resyncOnce(signal: AbortSignal): Promise<void> {
    await followed.objects.refresh(signal)
    const surroundings = await world.target.surroundings(signal)
    const refuse = world.addressPolicy(situation.declared)(surroundings.ownRanges)
    situation.surroundings = surroundings
    situation.refuse = (address) => refuse(address) ?? followed.objects.current().ownRanges?.get(address)
    hosts.follow(situation.declared, followed.objects)
    await queue.lookAt(situation.services.keys(), AbortSignal.any([signal, AbortSignal.timeout(lookAllWithinMs)])).catch(() => { signal.throwIfAborted() })
    withheld = await prune({ situation, followed, world, options, isUnfinished: (key) => states.get(key)?.isUnfinished ?? true })
  }

  function remember(key: string, look: Look | undefined): void {
    const before = states.get(key)
    if (look === undefined) return
    states.set(key, nextState(before, look, iso(world.now())))
    if (situation.leading?.aborted === false) for (const happening of happeningsOf(before, look)) world.tell(happening)
  }

  function forget(key: string): void {
    queue.forget(key)
    followed.targets?.follow(key, [])
    doubts.forget(key)
    states.delete(key)
  }

  return {
    take(declared) {
      if (declared.instance !== situation.declared.instance) {
        return `instance changed from ${situation.declared.instance} to ${declared.instance}: that needs a restart`
      }
      const { fault: _fault, ...kept } = situation
      delete situation.fault
      Object.assign(situation, { ...kept, ...takenOf(declared, world) })
      for (const key of states.keys()) if (!situation.services.has(key)) forget(key)
      followed.objects.cover(scopeNow())
      world.tell({ kind: 'config taken', services: declared.services.length, warnings: declared.warnings })
      void resync.ask('config')
      return undefined
    },
    refuse(fault) {
      situation.fault = fault
      world.tell({ kind: 'config refused', fault })
    },
    resync: (cause) => resync.ask(cause),
    status() {
      const holder = leadership.holder()
      const resyncedAt = resync.lastAt()
      const behindMs = world.now() - performance.now()
      const retryAt = (key: string): number | undefined => {
        const at = queue.retryAt(key)
        return at === undefined ? undefined : at + behindMs
      }
      return {
        instance: situation.declared.instance, now: iso(world.now()), startedAt, isLeading: leadership.isLeading(),
        ...(holder !== undefined && { holder }),
        config: { takenAt: situation.takenAt, ...(situation.fault !== undefined && { fault: situation.fault }) },
        ...(resyncedAt !== undefined && { resyncedAt: iso(resyncedAt) }),
        ...(withheld !== undefined && { guard: withheld }),
        queue: queue.size(),
        services: serviceStatesOf({ services: situation.services, stateOf: (key) => states.get(key), retryAt, followed, startedAt }),
      }
    },
    uidOf: (namespace, name) => followed.objects.currentOf(namespace, name).service?.metadata.uid,
    heardAt: () => followed.objects.heardAt(),
    whyNotReady() {
      return resync.lastAt() === undefined ? 'Not everything was read and looked at once' : undefined
    },
    async stop() {
      const timer = setTimeout(() => { ending.abort() }, writesEndWithinMs)
      await Promise.all([resync.stop(), queue.stop()])
      clearTimeout(timer)
      await Promise.all([followed.hosts.stop(), followed.targets?.stop(), followed.objects.stop()])
      await leadership.stop()
    },
  }
}

function takenOf(declared: Declared, { now }: RunWorld): Pick<Situation, 'declared' | 'services' | 'takenAt'> {
  const services = new Map<string, DeclaredService>(declared.services.map((service) => [serviceKey(service), service]))
  return { declared, services, takenAt: iso(now()) }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
