import { type HealthCheck } from '../model/declared.ts'
import { type Verdict } from '../model/observed.ts'
import { isDecided, nextStanding, standingBefore, type Standing } from './threshold.ts'

type Thresholds = Pick<HealthCheck, 'successThreshold' | 'failureThreshold'>

/** Where a target stands that is probed again and again. */
export interface Belief extends Standing {
  /** The attempts have decided once: what was believed before they began no longer counts. */
  readonly isProven: boolean
}

export function firstBelief(before: Verdict): Belief {
  return { ...standingBefore(before), isProven: false }
}

const rank: Record<Verdict, number> = { unprobed: 0, unready: 1, ready: 2 }

/** Where several remember different verdicts, the one that serves holds, until the attempts decide. */
export function withBelief(belief: Belief, before: Verdict): Belief {
  return belief.isProven || rank[before] <= rank[belief.verdict] ? belief : { ...belief, verdict: before }
}

export function beliefAfter(belief: Belief, passed: boolean, thresholds: Thresholds): Belief {
  const standing = nextStanding(belief, passed, thresholds)
  return { ...standing, isProven: belief.isProven || isDecided(standing, thresholds) }
}

/** Whether the last attempts speak against the verdict without having moved it: a few more will tell. */
export function isMoving({ verdict, streak }: Standing): boolean {
  return verdict === 'unprobed' || (verdict === 'ready' ? streak < 0 : streak > 0)
}
