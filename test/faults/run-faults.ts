// Runs faults side by side: several services have theirs at once, while the platform has one at a time.

import { setTimeout as sleep } from 'node:timers/promises'
import { type Dealt } from './deal.ts'
import { type Fault, type PlatformFault, type ServiceFault } from './fault.ts'
import { type Random } from './random.ts'
import { becomesTrue, isAliveIn, lackOf, leaderOf, moveTo, namespaces, type World } from './world.ts'
import { otherMembers, ttlSeconds, type WorldService } from './world-service.ts'

export interface Convergence {
  readonly name: string
  /** From the end of the fault, or of the platform's that stood in its way, until the world was true, in ms. */
  readonly ms: number
  readonly detectionMs: number
  /** Whether the platform had a fault meanwhile. */
  readonly isAmongOthers: boolean
  /** What was still not true when the bound was over. */
  readonly late?: string
}

/** Issue 4: beyond the detection. */
export const boundMs = 5000
/** How long it is waited beyond that, to tell what is late from what is lost. */
const patienceMs = 60_000
/** At the end: a lease may have to run out, and everything is true longer than anything takes to be found out. */
const endMs = 25_000
const stayMs = 10_000
const servicesAtOnce = 8
/** How long it has to stay true, until what went wrong is heard of too. */
const steadyMs = 1000

export interface RunSettings {
  readonly world: World
  readonly dealt: Readonly<Record<Fault['lane'], readonly Dealt[]>>
  readonly converged: (convergence: Convergence) => void
  /** Told what begins and what ends, for whoever looks for a cause. */
  readonly note: (text: string) => void
  /** No fault begins after it. */
  readonly ending: AbortSignal
}

/** Once no fault is left: what is not true for good, or undefined. */
export async function lackAtEnd(world: World): Promise<string | undefined> {
  const all = (): readonly WorldService[] => world.services
  const lack = await becomesTrue(world, all, endMs)
  if (lack !== undefined) return lack
  for (const deadline = performance.now() + stayMs; performance.now() < deadline;) {
    const lost = await becomesTrue(world, all, 0)
    if (lost !== undefined) return `no longer: ${lost}`
    await sleep(20)
  }
  return undefined
}

/** What the service lanes share. */
interface Shared {
  readonly queue: Dealt<ServiceFault>[]
  /** Whether a service fails wholly now. */
  isWholeTaken: boolean
  /** Lanes that have a fault now. */
  active: number
  /** So that the faults of the platform, which take their time, meet services that have some too: all lanes end together. */
  readonly isAhead: () => boolean
}

interface Platform {
  /** How many of its faults are over. */
  done: number
  /** Until when (ms of performance.now()) it excuses that something is not true; Infinity while it has a fault. */
  clearAt: number
}

/** Resolves when every fault that was begun is over and the world is true, or was given up. */
export async function runFaults(settings: RunSettings): Promise<void> {
  const { dealt: { service, platform, oneShot } } = settings
  const state: Platform = { clearAt: 0, done: 0 }
  const queue = [...service] as Dealt<ServiceFault>[]
  const isAhead = (): boolean => (service.length - queue.length) * platform.length > service.length * (state.done + 1)
  const shared: Shared = { queue, isWholeTaken: false, active: 0, isAhead }
  const isOver = (): boolean => settings.ending.aborted
  await Promise.all([
    ...Array.from({ length: servicesAtOnce }, () => serviceLane(settings, shared, state, isOver)),
    platformLane(settings, platform as readonly Dealt<PlatformFault>[], state, isOver),
    oneShotLane(settings, oneShot as readonly Dealt<PlatformFault>[], isOver),
  ])
}

async function serviceLane(settings: RunSettings, shared: Shared, platform: Platform, isOver: () => boolean): Promise<void> {
  while (shared.queue.length > 0 && !isOver()) {
    if (shared.isAhead()) {
      await sleep(50)
      continue
    }
    const found = claim(settings.world, shared)
    if (found !== undefined) await serviceFault(settings, found, platform).finally(() => { release(shared, found) })
    // What suits nobody now may after another's end; when there is no other it never will.
    else if (shared.active === 0) return
    else await sleep(50)
  }
}

type Claimed = Dealt<ServiceFault> & { readonly service: WorldService }

async function serviceFault({ world, converged, note }: RunSettings, { fault, random, service }: Claimed, platform: Platform): Promise<void> {
  note(`begins: ${fault.name} at ${service.name}`)
  const end = await fault.begin({ world, random, service })
  if (fault.shows === true) converged(await settle(world, service, fault, `${fault.name} (while it lasts)`, platform))
  await sleep(random.between(...fault.holdMs))
  await end()
  note(`ended: ${fault.name} at ${service.name}`)
  converged(await settle(world, service, fault, fault.name, platform))
}

/** The next fault that can be had now, with a service that suits it and has no other. */
function claim(world: World, shared: Shared): Claimed | undefined {
  const free = world.services.filter(({ busyUntil, namespace }) => busyUntil === 0 && namespace !== namespaces.oneShot)
  for (const [index, dealt] of shared.queue.entries()) {
    const { fault, random } = dealt
    const suitable = fault.isWhole === true && shared.isWholeTaken ? [] : free.filter((service) => fault.suits(service, world))
    if (suitable.length === 0) continue
    shared.queue.splice(index, 1)
    shared.active++
    if (fault.isWhole === true) shared.isWholeTaken = true
    const service = random.pick(suitable)
    service.busyUntil = Infinity
    return { ...dealt, service }
  }
  return undefined
}

function release(shared: Shared, { fault, service }: Claimed): void {
  shared.active--
  service.busyUntil = 0
  if (fault.isWhole === true) shared.isWholeTaken = false
}

/**
 * Waits until a service is true again for good, within its bound; where the platform has a fault, within the bound of
 * that. What is true at once need not stay so: until the detection is over the registrar may believe what was before.
 */
async function settle(
  world: World, service: WorldService, { detectionMs }: ServiceFault, name: string, platform: Platform,
): Promise<Convergence> {
  const endedAt = performance.now()
  const knownAt = endedAt + detectionMs
  service.busyUntil = knownAt
  let isAmongOthers = platform.clearAt > endedAt
  let late: string | undefined
  let reached: { readonly at: number; readonly convergence: Convergence } | undefined
  for (;;) {
    const now = performance.now()
    const from = Math.max(endedAt, platform.clearAt === Infinity ? now : Math.min(platform.clearAt, now))
    isAmongOthers ||= platform.clearAt > now
    const lack = lackOf(world, service)
    const convergence = { name, ms: now - from, detectionMs, isAmongOthers, ...(late !== undefined && { late }) }
    reached = lack === undefined ? reached ?? { at: now, convergence } : undefined
    if (reached !== undefined && now >= Math.max(knownAt, reached.at + steadyMs)) return reached.convergence
    const overMs = lack === undefined ? 0 : now - (from + detectionMs + boundMs)
    if (overMs > 0) late ??= `${new Date().toISOString()} ${lack ?? ''}`
    if (overMs > patienceMs) return convergence
    await sleep(20)
  }
}

async function platformLane(settings: RunSettings, queue: readonly Dealt<PlatformFault>[], platform: Platform, isOver: () => boolean): Promise<void> {
  for (const dealt of queue) {
    if (isOver()) return
    await sleep(dealt.random.between(500, 4000))
    platform.clearAt = Infinity
    await platformFault(settings, dealt, platform)
    await leads(settings.world)
    platform.clearAt = performance.now()
    platform.done++
  }
}

async function platformFault({ world, converged, note }: RunSettings, { fault, random }: Dealt<PlatformFault>, platform: Platform): Promise<void> {
  note(`begins: ${fault.name}`)
  const end = await fault.begin({ world, random })
  const holdMs = random.between(...fault.holdMs)
  await sleep(holdMs / 2)
  const movedAt = performance.now()
  const witnesses = moveSome(world, random)
  note(`moved meanwhile: ${witnesses.map(({ name }) => name).join(' ')}`)
  await sleep(holdMs / 2)
  await end()
  note(`ended: ${fault.name}`)
  const endedAt = performance.now()
  const knownAt = Math.max(endedAt + fault.detectionMs, movedAt + moveKnownMs)
  platform.clearAt = knownAt + boundMs
  // A service that has a fault of its own, or had one just now, is judged for itself.
  const quiet = (): readonly WorldService[] => world.services.filter((service) =>
    service.namespace !== namespaces.oneShot && (service.busyUntil <= performance.now() || witnesses.includes(service)))
  const late = await becomesTrue(world, quiet, knownAt + boundMs - endedAt)
  if (late !== undefined) await becomesTrue(world, quiet, patienceMs)
  for (const service of witnesses) service.busyUntil = 0
  const ms = performance.now() - endedAt
  if (fault.outlasts === true) await sleep(Math.max(0, knownAt - performance.now()))
  converged({ name: fault.name, ms, detectionMs: knownAt - endedAt, isAmongOthers: false, ...(late !== undefined && { late: `${new Date().toISOString()} ${late}` }) })
}

/** A TTL, and the time of a question. */
const moveKnownMs = 1000 * ttlSeconds + 1000

/** Three hosts that have no fault of their own move: who cannot write now has to make up for it. */
function moveSome(world: World, random: Random): readonly WorldService[] {
  const free = world.services.filter(({ busyUntil, host, kind }) => busyUntil === 0 && host !== undefined && kind !== 'pool')
  return random.shuffled(free).slice(0, 3).map((service) => {
    service.busyUntil = Infinity
    moveTo(world, service, otherMembers(service, random, isAliveIn(world.targets)))
    return service
  })
}

/** The next fault of the platform is to meet a leader. */
async function leads(world: World): Promise<void> {
  for (const deadline = performance.now() + 40_000; leaderOf(world) === undefined && performance.now() < deadline;) await sleep(50)
}

async function oneShotLane({ world, converged }: RunSettings, queue: readonly Dealt<PlatformFault>[], isOver: () => boolean): Promise<void> {
  for (const { fault, random } of queue) {
    if (isOver()) return
    const end = await fault.begin({ world, random })
    const endedAt = performance.now()
    const failure = await Promise.resolve(end()).then(() => undefined, String)
    const late = failure ?? await becomesTrue(world, () => world.oneShot.services, 0)
    converged({ name: fault.name, ms: performance.now() - endedAt, detectionMs: fault.detectionMs, isAmongOthers: false, ...(late !== undefined && { late }) })
  }
}
