// What becomes of the outside hosts themselves. Who is killed stays dead until it is revived.

import { type End, type ServiceFault, type ServiceScene } from '../fault.ts'
import { isAliveIn, kill, revive, type World } from '../world.ts'
import { type WorldService } from '../world-service.ts'

/** failureThreshold 2, a second apart; then a probe that may take a second. */
const windowMs = 3000
/** A service that fails wholly is judged a period later. */
const wholeMs = windowMs + 1000

function alive({ targets }: World, { members }: WorldService): readonly string[] {
  return members.filter(isAliveIn(targets))
}

function dead({ targets }: World, { members }: WorldService): readonly string[] {
  const isAlive = isAliveIn(targets)
  return members.filter((address) => !isAlive(address))
}

const isProbed = ({ kind }: WorldService): boolean => kind !== 'unchecked'

export const targetFaults: readonly ServiceFault[] = [
  {
    name: 'target: killed', lane: 'service', holdMs: [0, 0], detectionMs: windowMs, weight: 4,
    suits: (service, world) => isProbed(service) && alive(world, service).length > 1,
    begin: async ({ world, random, service }: ServiceScene): Promise<End> => {
      await kill(world, service, [random.pick(alive(world, service))])
      return () => undefined
    },
  },
  {
    name: 'target: revived', lane: 'service', holdMs: [0, 0], detectionMs: windowMs, weight: 4,
    suits: (service, world) => isProbed(service) && dead(world, service).length > 0,
    begin: async ({ world, service }: ServiceScene): Promise<End> => {
      await revive(world, service, dead(world, service))
      return () => undefined
    },
  },
  {
    name: 'target: flaps', lane: 'service', holdMs: [100, 1500], detectionMs: windowMs, weight: 2,
    suits: (service, world) => isProbed(service) && alive(world, service).length > 1,
    begin: async ({ world, random, service }: ServiceScene): Promise<End> => {
      const address = random.pick(alive(world, service))
      await kill(world, service, [address])
      return () => revive(world, service, [address])
    },
  },
  {
    name: 'target: all killed', lane: 'service', holdMs: [1500, 3000], detectionMs: wholeMs, isWhole: true, shows: true, weight: 2,
    suits: (service, world) => isProbed(service) && alive(world, service).length > 0,
    begin: async ({ world, service }: ServiceScene): Promise<End> => {
      const dying = alive(world, service)
      await kill(world, service, dying)
      return () => revive(world, service, dying)
    },
  },
]
