// What is believed of one service's world at this moment; its targets are probed from then on, and only those.

import { type Observed } from '../desired/desire.ts'
import { serviceKey, type DeclaredService } from '../model/declared.ts'
import { type CurrentService } from '../model/objects.ts'
import { probeKey, type Resolutions, type TargetState } from '../model/observed.ts'
import { type Surroundings } from '../model/ports.ts'
import { type Doubts } from './doubts.ts'
import { askedOf, familiesOfOne, type Asked, type Observation } from './observe.ts'
import { type Followed, passOptionsOf, type RunOptions, type RunWorld, type Situation } from './run-world.ts'

export interface OneSettings {
  readonly situation: Situation
  readonly followed: Followed
  readonly world: Pick<RunWorld, 'now'>
  readonly options: RunOptions
}

export async function observeOne(
  service: DeclaredService, current: CurrentService, surroundings: Surroundings, settings: OneSettings & { readonly doubts: Doubts },
): Promise<Observation> {
  const { followed: { targets }, doubts } = settings
  const { observed, asked } = await askOne(service, current, surroundings, settings)
  targets?.follow(asked.key, asked.targets)
  const inDoubt = doubts.judge(service, asked, targets?.states ?? noStates)
  return {
    current: { services: new Map(), namespaces: new Map() }, isMirroring: surroundings.isMirroring, notes: [],
    observed: { ...observed, ...(targets !== undefined && { health: asJudged(asked, targets.states) }), inDoubt },
  }
}

/**
 * Probes the targets of a service at once, ahead of the look that waits for the debounce: who answers meanwhile is written
 * once, with the verdict. What goes wrong here goes wrong in that look too, and is told there.
 */
export async function probeAhead(key: string, settings: OneSettings): Promise<void> {
  const { situation: { services, surroundings }, followed: { hosts, objects, targets } } = settings
  const service = services.get(key)
  if (service === undefined || surroundings === undefined || targets === undefined || !isAnswered(service, hosts.resolutions)) return
  const { asked } = await askOne(service, objects.currentOf(service.namespace, service.name), surroundings, settings)
  if (settings.situation.services.get(key) === service) targets.follow(key, asked.targets)
}

/** Nothing is decided of a host before it was asked once: until then everything stays as it is. */
export function isAnswered({ targets, paused }: DeclaredService, resolutions: Resolutions): boolean {
  return paused || targets.every(({ host, families }) => host === undefined || families.every((family) => resolutions.get(host)?.[family] !== undefined))
}

async function askOne(
  service: DeclaredService, current: CurrentService, surroundings: Surroundings, { situation: { declared, refuse }, followed: { hosts, targets }, world, options }: OneSettings,
): Promise<{ readonly observed: Observed; readonly asked: Asked }> {
  const families = new Map([[serviceKey(service), current.unreadable ?? await familiesOfOne(service, current, surroundings)]])
  const observed: Observed = {
    now: new Date(world.now()).toISOString(), resolutions: hosts.resolutions, families, refuse, health: targets?.states, inDoubt: new Map(),
    lasting: declared.resolver,
  }
  return { observed, asked: askedOf(service, current, observed, passOptionsOf(options)) }
}

/** A look may plan anew seconds later: a verdict that has moved since was not judged, and may be the own network's fault. */
function asJudged({ targets }: Asked, states: ReadonlyMap<string, TargetState>): Observed['health'] {
  return new Map(targets.flatMap((target) => {
    const key = probeKey(target)
    const state = states.get(key)
    return state === undefined ? [] : [[key, state]]
  }))
}

const noStates: ReadonlyMap<string, TargetState> = new Map()
