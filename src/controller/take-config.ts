// Another config in the middle of the run: what is no longer declared is followed no more, and the rest is looked at.

import { serviceKey, type Declared, type DeclaredService } from '../model/declared.ts'
import { scopeOf } from './observe.ts'
import { type Loop } from './loop.ts'
import { passOptionsOf, type Situation } from './run-world.ts'

/** A config as it holds from now (ms since the epoch) on. */
export function taken(declared: Declared, now: number): Pick<Situation, 'declared' | 'services' | 'takenAt'> {
  const services = new Map<string, DeclaredService>(declared.services.map((service) => [serviceKey(service), service]))
  return { declared, services, takenAt: new Date(now).toISOString() }
}

/** Takes it, and asks for a resync, which prunes too; a string says why it cannot be taken. */
export function takeConfig(loop: Loop, declared: Declared): string | undefined {
  const { situation, states, followed, world, options, resync } = loop
  const { instance } = situation.declared
  // Who holds the lease of an instance may write that instance, and no other.
  if (declared.instance !== instance) return `Instance changed from ${instance} to ${declared.instance}: that needs a restart`
  Object.assign(situation, taken(declared, world.now()))
  delete situation.fault
  refuseByConfig(loop)
  for (const key of states.keys()) if (!situation.services.has(key)) forget(loop, key)
  followed.objects.cover(scopeOf(declared, declared.services, passOptionsOf(options)))
  world.tell({ kind: 'config taken', services: declared.services.length, warnings: declared.warnings })
  void resync.ask('config')
  return undefined
}

/** Which addresses are refused from now on: by the config of the moment, and by what is known of the cluster. */
export function refuseByConfig({ situation, followed, world }: Loop): void {
  if (situation.surroundings === undefined) return
  const refuse = world.addressPolicy(situation.declared)(situation.surroundings.ownRanges)
  situation.refuse = (address) => refuse(address) ?? followed.objects.current().ownRanges?.get(address)
}

/** What a look at a service did after a reload let it go is undone: its targets are not probed, and what it wrote is pruned. */
export function letGo(loop: Loop, key: string): void {
  forget(loop, key)
  void loop.resync.ask('removal')
}

function forget({ queue, followed, doubts, states }: Loop, key: string): void {
  queue.forget(key)
  followed.targets?.follow(key, [])
  doubts.forget(key)
  states.delete(key)
}
