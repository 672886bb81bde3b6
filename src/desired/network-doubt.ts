// When everything fails at once it is more likely us than them.

import { firstApart, type Failure } from './first-apart.ts'

/** Why the verdicts of a service in doubt stand. */
export const ownNetworkInDoubt = 'Every target failed, and every target of another service too: own network in doubt, verdicts stand as they were'

export interface ProbedService {
  readonly key: string
  /** The addresses that were probed; a service without any says nothing about the network. */
  readonly addresses: readonly string[]
  readonly hasAllFailed: boolean
  /** Some target of it was ready before: the failure is news. An old one, or a newcomer's, says nothing about the network. */
  readonly hasServed: boolean
}

/**
 * One shot: the services whose verdicts stand as they were, and why. Every target of theirs failed just now, and that
 * of another service with different addresses too, so the registrar's own network is in doubt. A service of which one
 * target passed is judged as always: its network works.
 */
export function servicesInDoubt(services: readonly ProbedService[]): ReadonlyMap<string, string> {
  const failed = services.filter(({ addresses, hasAllFailed, hasServed }) => addresses.length > 0 && hasAllFailed && hasServed)
  const isDoubted = firstApart(failed.map(({ addresses }) => ({ addresses, failedAt: 0, periodMs: 0, isOpen: false }))) !== undefined
  return new Map(isDoubted ? failed.map(({ key }) => [key, ownNetworkInDoubt]) : [])
}

/** `run`: a service all of whose targets fail. */
export interface FailedService {
  readonly key: string
  readonly addresses: readonly string[]
  /** When its last target turned unready, in ms. */
  readonly failedAt: number
  readonly periodMs: number
  /** As in ProbedService. */
  readonly hasServed: boolean
}

export interface Doubt {
  /** Services whose verdicts stand as they were. */
  readonly inDoubt: ReadonlySet<string>
  /** Services that are not judged yet, whose verdicts stand until that time in ms: then to be asked again. */
  readonly pending: ReadonlyMap<string, number>
}

export const noDoubt: Doubt = { inDoubt: new Set(), pending: new Map() }

/**
 * `run`, where failures come one by one: asked anew with all services that fail wholly now whenever one comes or goes,
 * or a pending time is over. `before` is the answer of the last time, `probedServices` how many are probed at all.
 *
 * A service is judged one of its periods after it failed, or at once where no other could tell. If until then, or within
 * the longer of their periods, another fails with no address in common, both are in doubt, and so is whatever else fails
 * within that time or later. The doubt lasts while two such fail. When it is over, what still fails has two periods to
 * be probed again: the network that comes back does not come back to everybody at once.
 */
export function doubtNow(failed: readonly FailedService[], probedServices: number, before: Doubt, now: number): Doubt {
  const news = failed.filter(({ addresses, hasServed }) => addresses.length > 0 && hasServed)
    .map((service) => ({ ...service, isOpen: isOpen(service, before, now) }))
    .sort((a, b) => a.failedAt - b.failedAt)
  const second = firstApart(news)
  const isDoubted = (service: News): boolean => second !== undefined && (service.isOpen || isSoonEnough(service, second))
  const canOthersTell = probedServices > failed.length
  return {
    inDoubt: new Set(news.filter(isDoubted).map(({ key }) => key)),
    pending: new Map(news.filter((service) => !isDoubted(service)).flatMap((service): [string, number][] => {
      const at = judgedAt(service, before, canOthersTell, now)
      return isAhead(at, service, now) ? [[service.key, at]] : []
    })),
  }
}

type News = FailedService & Failure

/** Not judged yet. */
function isOpen(service: FailedService, before: Doubt, now: number): boolean {
  const { key, failedAt, periodMs } = service
  return before.inDoubt.has(key) || isAhead(before.pending.get(key) ?? now, service, now) || (failedAt <= now && now < failedAt + periodMs)
}

/** Not long before the second one, or after it. */
function isSoonEnough({ failedAt, periodMs }: News, second: News): boolean {
  return second.failedAt - failedAt <= Math.max(periodMs, second.periodMs)
}

function judgedAt({ key, failedAt, periodMs }: News, before: Doubt, canOthersTell: boolean, now: number): number {
  if (before.inDoubt.has(key)) return now + 2 * periodMs
  return Math.max(before.pending.get(key) ?? now, canOthersTell ? failedAt + periodMs : now)
}

/** Whether a time of judgement is to come. None is further ahead than two periods: then the clock was put back. */
function isAhead(at: number, { periodMs }: FailedService, now: number): boolean {
  return at > now && at <= now + 2 * periodMs
}
