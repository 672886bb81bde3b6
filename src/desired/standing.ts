// What `run` holds against an address that no answer names now, and which of two such judgements counts.

import { type Lasting } from './answer-of.ts'

/**
 * retained: its host's answer no longer names it. expired: its host has been silent for too long, so it serves only
 * where no other can. leaving: it goes, unless it is the last that can serve.
 */
export interface Standing {
  readonly as: 'retained' | 'expired' | 'leaving'
  readonly reason: string
}

/** The ms from which on a silence has lasted longer than maxStaleSeconds; undefined where `since` is no time (edited by hand). */
export function expiresAt(since: string, { maxStaleSeconds }: Lasting): number | undefined {
  const at = Date.parse(since) + maxStaleSeconds * 1000 + 1
  return Number.isNaN(at) ? undefined : at
}

/** What an address of a host that has been silent for too long is to be. */
export function standingOfExpired({ whenStaleExpires }: Lasting, reason: string): Standing | undefined {
  if (whenStaleExpires === 'keep') return undefined
  return { as: whenStaleExpires === 'remove' ? 'leaving' : 'expired', reason }
}

/** Below 0 where the first is worse, above 0 where the second is; of the like, the same one whatever the order. */
export function compareStandings(one: Standing | undefined, other: Standing | undefined): number {
  return rank(one) - rank(other) || ((one?.reason ?? '') < (other?.reason ?? '') ? 1 : -1)
}

function rank(standing: Standing | undefined): number {
  return standing === undefined ? 3 : ['leaving', 'expired', 'retained'].indexOf(standing.as)
}
