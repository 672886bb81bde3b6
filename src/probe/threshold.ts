import { type HealthCheck } from '../model/declared.ts'
import { type Verdict } from '../model/observed.ts'

type Thresholds = Pick<HealthCheck, 'successThreshold' | 'failureThreshold'>

export interface Standing {
  readonly verdict: Verdict
  /** Attempts in a row with the same outcome: above 0 they passed, below 0 they failed. */
  readonly streak: number
}

/** Where a target stands before the first attempt. */
export function standingBefore(verdict: Verdict): Standing {
  return { verdict, streak: 0 }
}

/** Where a target stands after one more attempt. As in a Pod's probe, only attempts in a row move the verdict. */
export function nextStanding({ verdict, streak }: Standing, passed: boolean, thresholds: Thresholds): Standing {
  const next = passed ? Math.max(streak, 0) + 1 : Math.min(streak, 0) - 1
  if (next >= thresholds.successThreshold) return { verdict: 'ready', streak: next }
  if (-next >= thresholds.failureThreshold) return { verdict: 'unready', streak: next }
  return { verdict, streak: next }
}

/**
 * Whether one more attempt would add nothing: the last one agrees with `ready`, or enough in a row have failed.
 * A single failure is not enough, also where the target was unready before: it may just be coming back.
 */
export function isDecided({ verdict, streak }: Standing, thresholds: Thresholds): boolean {
  return verdict === 'ready' ? streak > 0 : verdict === 'unready' && -streak >= thresholds.failureThreshold
}
