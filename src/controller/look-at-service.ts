// One look at one service: what is believed now, what should be, what is written. The pipeline of a pass, for one name.

import { publishedNow } from '../desired/published.ts'
import { serviceKey, type DeclaredService } from '../model/declared.ts'
import { type Surroundings } from '../model/ports.ts'
import { applyService } from './apply-service.ts'
import { type Doubts } from './doubts.ts'
import { isUnfinished } from './is-unfinished.ts'
import { isAnswered, observeOne, type OneSettings } from './observe-one.ts'
import { planOne } from './plan-pass.ts'
import { type Looked } from './queue.ts'
import { passOptionsOf, type RunWorld } from './run-world.ts'
import { type Look } from './service-states.ts'

export interface LookSettings extends OneSettings {
  readonly doubts: Doubts
  readonly world: Pick<RunWorld, 'target' | 'now' | 'tell'>
  /** Looks at a service again after this time, in ms. */
  readonly again: (key: string, delayMs: number) => void
  /** Told of each look that got as far as a plan. */
  readonly seen: (key: string, look: Look) => void
  /** Told of each service that a reload let go while it was being looked at. */
  readonly outlived: (key: string) => void
}

/** Looks at a service by its key. Never rejects: what nobody has foreseen is told and tried again, and keeps no other service. */
export function newLook(settings: LookSettings): (key: string) => Promise<Looked> {
  const { situation, followed, world } = settings
  const hasWaited = newPatience(settings)
  return async (key) => {
    const service = situation.services.get(key)
    if (service === undefined) return 'done'
    const { surroundings } = situation
    if (surroundings === undefined || (!isAnswered(service, followed.hosts.resolutions) && !hasWaited(key, service))) return 'waiting'
    try {
      return await lookAndTell(key, service, surroundings, settings)
    } catch (error) {
      // Its own end is no news of the service.
      if ((error as Error).name !== 'AbortError') world.tell({ kind: 'trouble', where: key, message: whatFailed(error as Error) })
      return 'failed'
    } finally {
      if (!situation.services.has(key)) settings.outlived(key)
    }
  }
}

/**
 * Whether a service that serves has waited long enough for the first answers: while name servers are silent, thousands of
 * hosts are asked for minutes, and targets that fail meanwhile are to go. What nobody was asked for stays as it is; where
 * a silence of before may have come to its end, that is for the first answer to say.
 */
function newPatience({ situation, followed, again }: LookSettings): (key: string, service: DeclaredService) => boolean {
  const since = new WeakMap<DeclaredService, number>()
  return (key, service) => {
    const now = performance.now()
    const begun = since.get(service) ?? now
    since.set(service, begun)
    if (now - begun < patienceMs) {
      again(key, begun + patienceMs - now)
      return false
    }
    const { endpoints, staleSince } = publishedNow(followed.objects.currentOf(service.namespace, service.name))
    return endpoints.length > 0 && (situation.declared.resolver.whenStaleExpires === 'keep' || Object.values(staleSince).every((each) => Object.keys(each).length === 0))
  }
}

async function lookAndTell(key: string, service: DeclaredService, surroundings: Surroundings, settings: LookSettings): Promise<Looked> {
  const look = await lookAt(service, surroundings, settings)
  settings.seen(key, look)
  const { changesAt } = look.plan
  if (changesAt !== undefined) settings.again(key, Math.min(Math.max(0, changesAt - settings.world.now()), longestWaitMs))
  return isWorthAnother(look) ? 'failed' : 'done'
}

/** With the place of what nobody has foreseen: it may be a bug. */
function whatFailed({ name, message, stack }: Error): string {
  const place = name === 'TargetUnreachable' ? undefined : stack?.split('\n').find((line) => /^\s+at /.test(line))?.trim()
  return place === undefined ? message : `${message} (${name} ${place})`
}

interface Looking extends Look {
  /** The cluster did not say which families the Service is to have. */
  readonly isUnsaid: boolean
}

async function lookAt(service: DeclaredService, surroundings: Surroundings, settings: LookSettings): Promise<Looking> {
  const { situation, followed, world } = settings
  const { declared, leading } = situation
  const current = followed.objects.currentOf(service.namespace, service.name)
  const observation = await observeOne(service, current, surroundings, settings)
  const options = passOptionsOf(settings.options)
  const plan = planOne(declared, service, current, observation, options)
  const published = publishedNow(current)
  const isUnsaid = plan.status === 'failed' && typeof observation.observed.families.get(serviceKey(service)) === 'string'
  if (leading === undefined || leading.aborted) return { published, plan, result: { ...plan, applied: [] }, isUnfinished: true, isUnsaid }
  const result = await applyService({ declared, observation, options, target: world.target }, service, plan, leading)
  const before = { ...observation, current: { services: new Map([[serviceKey(service), current]]), namespaces: new Map() } }
  const unfinished = isUnfinished(result, plan, { declared, observation: before })
  return { published, plan, result: { ...result, status: result.status as Look['result']['status'] }, isUnfinished: unfinished, isUnsaid }
}

const patienceMs = 10_000

// The clock of the wall may be put back meanwhile, and a timer holds no more than 24 days.
const longestWaitMs = 3_600_000

/**
 * What failed in the writing may succeed the next time, and so may what the cluster was asked; what else cannot be planned
 * waits for news, written in full or not at all. Where it was planned anew, more may have been written than was planned first.
 */
function isWorthAnother({ plan, result, isUnsaid }: Looking): boolean {
  if (isUnsaid) return true
  return result.status === 'failed' && (plan.status !== 'failed' || result.applied.length < plan.changes.length)
}
