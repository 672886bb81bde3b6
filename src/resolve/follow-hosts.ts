import pLimit from 'p-limit'
import { type Family, type ResolverSettings } from '../model/declared.ts'
import { type Tell } from '../model/happenings.ts'
import { type Resolution } from '../model/observed.ts'
import { type HostFollower, type HostQuestion } from '../model/ports.ts'
import { askNameServers, type AskNameServers } from './ask-name-servers.ts'
import { type Clock, processClock } from './clock.ts'
import { type FollowedQuestion, type Following, followQuestion, type Purpose } from './follow-question.ts'
import { declaredServers, type NameServer, readResolvConf } from './name-servers.ts'
import { viewOf } from './view-of.ts'
import { wallTime } from './wall-time.ts'

export interface FollowHostsOptions {
  /** Wall-clock time in ms: what times are shown as, and nothing else. */
  readonly now: () => number
  /** Another outcome, another reason or other addresses are believed of this host, or a record type's first answer is in. */
  readonly changed: (host: string) => void
  readonly tell: Tell
  readonly machinesOwn?: () => Promise<readonly NameServer[]>
  readonly clock?: Clock
  readonly ask?: AskNameServers
  /** In [0, 1). */
  readonly random?: () => number
}

/** Look-ups at a time, 64 in all: a burst into a small server's socket buffer loses packets, and each costs a full time-out. */
const room = { steady: 48, failing: 16 } as const

type Families = ReadonlyMap<Family, FollowedQuestion>

/**
 * Follows hosts for as long as the process lives: every record type of a host is a question of its own with its own
 * timer. Timers and ages are reckoned on the monotonic clock, so a jump of the wall clock neither asks nor forgets.
 * `follow` throws where a name server of the settings is not one: the config was to refuse it.
 */
export function followHosts(options: FollowHostsOptions): HostFollower {
  const hosts = new Map<string, Families>()
  const lookUps = inTwoLanes()
  const following = followingOf(options, lookUps.inTurn)
  let isStopped = false

  function followFamily(host: string, family: Family, purpose: Purpose): FollowedQuestion {
    const known = hosts.get(host)?.get(family)
    known?.pursue(purpose)
    return known ?? followQuestion({ host, family }, purpose, following)
  }

  return {
    follow: (questions, settings) => {
      declaredServers(settings)
      if (isStopped) return
      endAllBut(questions, hosts)
      for (const [host, question] of questions) {
        hosts.set(host, new Map([...new Set(question.families)].map((family) => [family, followFamily(host, family, purposeOf(question, family, settings))])))
      }
    },
    resolutions: viewOf(hosts, resolutionsOf),
    states: () => allOf(hosts).map(({ state }) => state()),
    stop: async () => {
      isStopped = true
      for (const question of allOf(hosts)) question.end()
      await lookUps.ended()
    },
  }
}

function followingOf(options: FollowHostsOptions, inTurn: Following['inTurn']): Following {
  const { now, changed, tell, clock = processClock, random = Math.random, machinesOwn = () => readResolvConf('/etc/resolv.conf') } = options
  return { ask: options.ask ?? askNameServers(machinesOwn, clock), clock, wall: wallTime(now, clock), random, changed, tell, inTurn }
}

function endAllBut(questions: ReadonlyMap<string, HostQuestion>, hosts: Map<string, Families>): void {
  for (const [host, families] of hosts) {
    const kept = questions.get(host)?.families ?? []
    const over = [...families].filter(([family]) => !kept.includes(family))
    for (const [, question] of over) question.end()
    if (kept.length === 0) hosts.delete(host)
  }
}

function allOf(hosts: ReadonlyMap<string, Families>): readonly FollowedQuestion[] {
  return [...hosts.values()].flatMap((families) => [...families.values()])
}

function purposeOf({ retainSeconds, published }: HostQuestion, family: Family, settings: ResolverSettings): Purpose {
  const isOfFamily = (address: string): boolean => address.includes(':') === (family === 'IPv6')
  return { ...settings, retainMs: retainSeconds * 1000, published: published.filter(isOfFamily) }
}

function resolutionsOf(families: Families): Partial<Record<Family, Resolution>> | undefined {
  const answers: Partial<Record<Family, Resolution>> = {}
  for (const [family, { resolution }] of families) {
    const answer = resolution()
    if (answer !== undefined) answers[family] = answer
  }
  return Object.keys(answers).length > 0 ? answers : undefined
}

function inTwoLanes(): { readonly inTurn: Following['inTurn']; readonly ended: () => Promise<unknown> } {
  const lanes = { steady: pLimit(room.steady), failing: pLimit(room.failing) }
  const underWay = new Set<Promise<void>>()
  return {
    inTurn: (hasFailed, work) => {
      const running = lanes[hasFailed ? 'failing' : 'steady'](work)
      underWay.add(running)
      void running.finally(() => underWay.delete(running))
    },
    ended: () => Promise.all(underWay),
  }
}
