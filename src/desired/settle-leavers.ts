// Members that are to leave: which go now, which stay as the last, and what is said of it.

import { type Health } from '../model/observed.ts'
import { type LeftOut, type Member } from './members.ts'
import { type ReadyPolicy } from './select-ready.ts'
import { whoRemains, type Leaver } from './who-remains.ts'

export interface Judged {
  readonly member: Member
  readonly health: Health
  readonly isFamilyServed: boolean
}

export interface Settled {
  readonly judged: readonly Judged[]
  /** Those that went, with the reason. */
  readonly out: readonly LeftOut[]
  /** Said loudly of those that stayed all the same. */
  readonly stayed: readonly string[]
}

export function settleLeavers(policy: ReadyPolicy, judged: readonly Judged[]): Settled {
  const stays = whoRemains(policy, judged.map(candidateOf))
  const stayed = judged.filter(({ member }, index) => member.standing?.as === 'leaving' && stays[index] === true)
  return {
    judged: judged.filter((_, index) => stays[index] === true),
    out: judged.filter((_, index) => stays[index] !== true).map(({ member }) => leftOut(member)),
    stayed: stayed.length === 0 ? [] : [`Keeps ${whose(stayed)} all the same: no other target of the Service is ready`],
  }
}

/** What decides about a member's readiness. */
export function candidateOf({ member: { drain, family, standing }, health: { verdict }, isFamilyServed }: Judged): Leaver {
  return { verdict, drain, family, isFamilyServed, isExpired: standing?.as === 'expired', isLeaving: standing?.as === 'leaving' }
}

function leftOut({ address, family, ports, hosts, standing }: Member): LeftOut {
  return { address, family, ports, hosts, cause: 'gone', reason: standing?.reason ?? 'gone' }
}

function whose(judged: readonly Judged[]): string {
  const hosts = [...new Set(judged.flatMap(({ member }) => member.hosts))].sort()
  const count = judged.length === 1 ? '1 address' : `${judged.length} addresses`
  return hosts.length === 0 ? `${count} of no declared host` : `${count} of ${hosts.join(', ')}`
}
