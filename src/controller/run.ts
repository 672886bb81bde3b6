// The loop: follows DNS, targets and objects, and looks at a service whenever something of it may have changed.

import { type Declared } from '../model/declared.ts'
import { type ResyncCause } from '../model/happenings.ts'
import { type RunStatus } from '../model/run-status.ts'
import { newDoubts } from './doubts.ts'
import { followedHosts } from './followed-hosts.ts'
import { newLook } from './look-at-service.ts'
import { scopeOf } from './observe.ts'
import { probeAhead } from './observe-one.ts'
import { openQueue } from './queue.ts'
import { openResync } from './resync.ts'
import { resyncOnce } from './resync-once.ts'
import { type Loop } from './loop.ts'
import { passOptionsOf, type Followed, type RunOptions, type RunWorld, type Situation } from './run-world.ts'
import { happeningsOf, nextState, type KnownState, type Look } from './service-states.ts'
import { statusOfRun } from './status-of-run.ts'
import { letGo, takeConfig, taken } from './take-config.ts'

export interface Running {
  /** Takes another config; a string says why it cannot be taken, and the one before it holds. */
  take(declared: Declared): string | undefined
  /** Notes that a config was faulty: the last good one holds, and nothing is pruned until there is a good one. */
  refuse(fault: string): void
  /** Resolves when a full resync that began after this call has ended, well or not. */
  resync(cause: ResyncCause): Promise<void>
  status(): Omit<RunStatus, 'version'>
  /** Why it is not ready, or undefined where it is. */
  whyNotReady(): string | undefined
  /** Why it should be ended and started anew, or undefined: something hangs for good. */
  whyNotHealthy(): string | undefined
  /** The uid of a service's Service, as last heard. */
  uidOf(namespace: string, name: string): string | undefined
  /** ms since the epoch of the last sign of life of the slowest watch. */
  heardAt(): number | undefined
  /** Takes no more work, finishes the writes in flight, gives the lease back. */
  stop(): Promise<void>
}

// People expect the end within five seconds, and the lease has to be given back in that time too.
const writesEndWithinMs = 3000

// A look may wait for a mirror or a renamed port, and each of its calls has a deadline: minutes mean that one was lost.
const lookHangsMs = 180_000

/** Starts to follow the world of a config. Nothing is written before the lease is held. */
export function run(first: Declared, world: RunWorld, options: RunOptions): Running {
  const ending = new AbortController()
  const loop = openLoop(first, world, options)
  const { followed, situation, queue, resync } = loop
  const leadership = world.standForElection((leading) => {
    situation.leading = AbortSignal.any([leading, ending.signal])
    // At once from what is known, so that a takeover does not wait for the lists.
    loop.addAll(situation.services.keys())
    void resync.ask('leading')
  })
  void resync.ask('start')
  return {
    take: (declared) => takeConfig(loop, declared),
    refuse(fault) {
      situation.fault = fault
      world.tell({ kind: 'config refused', fault })
    },
    resync: (cause) => resync.ask(cause),
    status: () => statusOfRun(loop, leadership),
    whyNotReady: () => (resync.lastAt() === undefined ? 'Not everything was read and looked at once' : undefined),
    whyNotHealthy: () => (queue.longestLookMs() > lookHangsMs ? 'A look at a service has hung for minutes' : undefined),
    uidOf: (namespace, name) => followed.objects.currentOf(namespace, name).service?.metadata.uid,
    heardAt: () => followed.objects.heardAt(),
    async stop() {
      const timer = setTimeout(() => { ending.abort() }, writesEndWithinMs)
      await Promise.all([resync.stop(), queue.stop()])
      clearTimeout(timer)
      await Promise.all([followed.hosts.stop(), followed.targets?.stop(), followed.objects.stop()])
      await leadership.stop()
    },
  }
}

/** Everything that the loop consists of, joined: what is followed queues services, and the queue looks at them. */
function openLoop(first: Declared, world: RunWorld, options: RunOptions): Loop {
  const situation: Situation = { ...taken(first, world.now()), refuse: () => undefined }
  const states = new Map<string, KnownState>()
  const queue = openQueue({
    concurrency: options.concurrency, debounceMs: () => situation.declared.writeDebounceMs,
    ...(world.waited !== undefined && { waited: world.waited }),
    look: async (key) => {
      const looked = await look(key)
      world.looked?.(looked)
      return looked
    },
  })
  const addAll = (keys: Iterable<string>): void => { for (const key of keys) queue.add(key) }
  const again = (key: string, delayMs: number): void => { queue.addLater(key, delayMs) }
  const hosts = followedHosts(world.followHosts, (key) => {
    void probeAhead(key, { situation, followed, world, options }).catch(() => undefined)
    queue.add(key)
  })
  const followed: Followed = {
    objects: world.followObjects(scopeOf(first, first.services, passOptionsOf(options)), addAll),
    hosts: hosts.follower,
    targets: world.followTargets?.(addAll),
  }
  const doubts = newDoubts({ now: world.now, tell: world.tell, again })
  const look = newLook({
    situation, followed, doubts, world, options, again,
    seen: (key, seen) => { remember(loop, key, seen) },
    outlived: (key) => { letGo(loop, key) },
  })
  const resync = openResync((signal, outdated) => resyncOnce(loop, signal, outdated), world.tell, world.now)
  const loop: Loop = { world, options, situation, states, queue, hosts, followed, doubts, resync, addAll, startedAt: new Date(world.now()).toISOString() }
  return loop
}

/** What a look found is told once, by who may write: a standby only knows it. */
function remember({ situation, states, world, resync }: Loop, key: string, look: Look): void {
  const before = states.get(key)
  states.set(key, nextState(before, look, new Date(world.now()).toISOString()))
  if (situation.leading?.aborted !== false) return
  for (const happening of happeningsOf(before, look)) world.tell(happening)
  const serves = before?.isUnfinished !== false && !look.isUnfinished
  if (serves && situation.awaited?.has(look.plan.namespace) === true) void resync.ask('removal')
}
