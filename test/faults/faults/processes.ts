// What happens to the registrars' own processes: nothing ends them in order.

import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { type End, type PlatformFault, type PlatformScene } from '../fault.ts'
import { isOfAService } from '../leaderless-writes.ts'
import { type OneShot } from '../one-shot.ts'
import { type Random } from '../random.ts'
import { hasFaketime, type Registrar } from '../registrar-process.ts'
import { becomesTrue, leaderOf, moveTo, namespaces, type World } from '../world.ts'
import { leaseMs, someOf } from './api.ts'

/** A process that starts has to read everything before it can lead. */
const startMs = 3000

function leaderAnd(world: World): { readonly leader: Registrar; readonly standby: Registrar } {
  const [first, second] = world.registrars
  if (first === undefined || second === undefined) throw new Error('There are to be two registrars')
  return leaderOf(world) === second ? { leader: second, standby: first } : { leader: first, standby: second }
}

/** With -9, in the moment in which it sends a write; in the end of its time where it sends none. */
async function killAtWrite({ proxy, kill }: Registrar, random: Random): Promise<void> {
  let turns = random.between(1, 4)
  const met = Promise.withResolvers<undefined>()
  proxy.onWrite = () => {
    if (--turns > 0) return
    proxy.onWrite = undefined
    void kill().then(() => { met.resolve(undefined) })
  }
  await Promise.race([met.promise, sleep(3000)])
  proxy.onWrite = undefined
  await kill()
}

/**
 * In the moment in which it makes a Service that somebody deleted: when it goes on, with what belongs to that Service, it
 * is not asked any more.
 */
async function freezeAtWrite({ world: { byHand, services }, random }: PlatformScene, { proxy, freeze }: Registrar): Promise<void> {
  const { namespace, name } = random.pick(services.filter((service) => service.busyUntil === 0 && service.namespace !== namespaces.oneShot))
  const met = Promise.withResolvers<undefined>()
  proxy.onWrite = ({ path }) => {
    if (!isOfAService(path)) return
    freeze()
    met.resolve(undefined)
  }
  await byHand.destroy('Service', namespace, name)
  await Promise.race([met.promise, sleep(3000)])
  proxy.onWrite = undefined
  freeze()
}

export const processFaults: readonly PlatformFault[] = [
  {
    name: 'process: leader killed while it writes', lane: 'platform', holdMs: [0, 2000], detectionMs: leaseMs, weight: 3,
    begin: async ({ world, random }: PlatformScene): Promise<End> => {
      const { leader } = leaderAnd(world)
      await killAtWrite(leader, random)
      return () => { leader.start() }
    },
  },
  {
    name: 'process: standby killed', lane: 'platform', holdMs: [0, 1000], detectionMs: 0, weight: 1,
    begin: async ({ world }: PlatformScene): Promise<End> => {
      const { standby } = leaderAnd(world)
      await standby.kill()
      return () => { standby.start() }
    },
  },
  {
    name: 'process: both killed', lane: 'platform', holdMs: [0, 1000], detectionMs: leaseMs + startMs, isSlow: true,
    begin: async ({ world: { registrars } }: PlatformScene): Promise<End> => {
      await Promise.all(registrars.map(({ kill }) => kill()))
      return () => { for (const { start } of registrars) start() }
    },
  },
  {
    name: 'process: leader frozen past its lease', lane: 'platform', holdMs: [18_000, 23_000], detectionMs: leaseMs, weight: 2, isSlow: true,
    begin: async (scene: PlatformScene): Promise<End> => {
      const { leader } = leaderAnd(scene.world)
      await freezeAtWrite(scene, leader)
      return () => { leader.thaw() }
    },
  },
  {
    name: 'process: leader frozen for a while', lane: 'platform', holdMs: [1000, 5000], detectionMs: 0, weight: 2,
    begin: ({ world }: PlatformScene): End => {
      const { leader } = leaderAnd(world)
      leader.freeze()
      return () => { leader.thaw() }
    },
  },
  ...(hasFaketime() ? [1, -1] : []).map((hours): PlatformFault => ({
    name: `process: clock jumps by ${hours} h and back`, lane: 'platform', holdMs: [3000, 6000], detectionMs: 1000, weight: 2,
    begin: async ({ world, random }: PlatformScene): Promise<End> => {
      const registrars = someOf(world, random)
      await Promise.all(registrars.map(({ shiftClock }) => shiftClock(hours)))
      return async () => { await Promise.all(registrars.map(({ shiftClock }) => shiftClock(0))) }
    },
  })),
]

/** A pass of its own over what is declared anew, ended with -9 when it sends a write, and then one that is let finish. */
export const oneShotFaults: readonly PlatformFault[] = [{
  name: 'process: sync killed', lane: 'oneShot', holdMs: [0, 0], detectionMs: 0,
  begin: async ({ world, random }: PlatformScene): Promise<End> => {
    const { oneShot } = world
    // One that had less to write than that is none.
    for (let isKilled = false; !isKilled;) {
      redeclare(world, random)
      isKilled = await killedAtWrite(oneShot, random.between(1, 8))
    }
    return async () => {
      await oneShot.pass()
      const lack = await becomesTrue(world, () => oneShot.services, 0)
      // The oracle hears of the last write a moment later.
      if (lack !== undefined) await becomesTrue(world, () => oneShot.services, 1000)
    }
  },
}]

async function killedAtWrite({ start, proxy }: OneShot, turn: number): Promise<boolean> {
  const child = await start()
  let turns = turn
  proxy.onWrite = () => { if (--turns <= 0) child.kill('SIGKILL') }
  const [, signal] = await once(child, 'exit') as [number | null, string | null]
  proxy.onWrite = undefined
  return signal === 'SIGKILL'
}

function redeclare(world: World, random: Random): void {
  for (const service of world.oneShot.services) moveTo(world, service, random.shuffled(service.servers).slice(0, random.between(1, 4)))
}
