// Who is ready: the table and the precedence of RULES 3, from drain downwards.

import { type DeclaredService, type Family } from '../model/declared.ts'
import { type Verdict } from '../model/observed.ts'

export interface Candidate {
  readonly verdict: Verdict
  readonly drain: boolean
  readonly family?: Family
  /** An address of its family is published as ready now: its clients are not served by a target of the other. */
  readonly isFamilyServed?: boolean
  /** Its host has been silent for longer than maxStaleSeconds, with `whenStaleExpires: unready`. */
  readonly isExpired?: boolean
}

export interface Selection {
  /** In the order of the candidates. */
  readonly ready: readonly boolean[]
  /** Said loudly: panic, all unready, or a last resort. */
  readonly message?: string
}

export type ReadyPolicy = Pick<DeclaredService, 'whenAllUnready' | 'panicThresholdPercent'>

/**
 * Pure: verdicts in, decisions out. Drained and expired targets serve only where no other can, the expired before the
 * drained. That DNS is silent never empties a Service: `publishNone` asks for that where the checks fail, no earlier.
 */
export function selectReady(policy: ReadyPolicy, candidates: readonly Candidate[]): Selection {
  if (candidates.length === 0) return { ready: [] }
  const isPassing = passing(candidates)
  const inService = candidates.map(({ drain, isExpired }) => !drain && isExpired !== true)
  const readyCount = count(candidates, (index) => inService[index] === true && isPassing[index] === true)
  const total = count(candidates, (index) => inService[index] === true)
  if (readyCount > 0) {
    const isPanic = readyCount * 100 < total * policy.panicThresholdPercent
    return isPanic
      ? { ready: inService, message: `Panic: ${readyCount} of ${total} targets ready, below ${policy.panicThresholdPercent}%: all are published as ready` }
      : { ready: candidates.map((_, index) => inService[index] === true && isPassing[index] === true) }
  }
  return lastResort(candidates, isPassing) ?? allUnready(policy, candidates)
}

/** Nobody else can serve: a target that was taken out of service and can is the last and stays. */
function lastResort(candidates: readonly Candidate[], isPassing: readonly boolean[]): Selection | undefined {
  const expired = candidates.map(({ drain, isExpired }, index) => !drain && isExpired === true && isPassing[index] === true)
  if (expired.includes(true)) return { ready: expired, message: 'Only targets whose host has not been known for too long can serve: they stay ready' }
  // Its host has just moved: nobody knows yet that it cannot serve.
  const drained = (['ready', 'unprobed'] as const).map((can) => candidates.map(({ drain, verdict }) => drain && verdict === can))
    .find((each) => each.includes(true))
  return drained === undefined ? undefined : { ready: drained, message: 'Only drained targets can serve: they stay ready' }
}

/**
 * A newcomer without a verdict waits while another target is ready, and serves when none is: none at all, or none of a
 * family that was served until now. A family that was not may be out of reach, and its clients fall back to the other.
 */
function passing(candidates: readonly Candidate[]): readonly boolean[] {
  const ready = new Set(candidates.filter(({ verdict, drain }) => verdict === 'ready' && !drain).map(({ family }) => family))
  const isNeeded = ({ family, isFamilyServed }: Candidate): boolean => ready.size === 0 || (isFamilyServed === true && !ready.has(family))
  return candidates.map((candidate) => candidate.verdict === 'ready' || (candidate.verdict === 'unprobed' && isNeeded(candidate)))
}

function allUnready(policy: ReadyPolicy, candidates: readonly Candidate[]): Selection {
  const targets = candidates.length === 1 ? 'The only target is' : `All ${candidates.length} targets are`
  return policy.whenAllUnready === 'publishAll'
    ? { ready: everyone(candidates), message: `${targets} unready: published as ready all the same (whenAllUnready: publishAll)` }
    : { ready: candidates.map(() => false), message: `${targets} unready: none is published as ready (whenAllUnready: publishNone)` }
}

/** All that are in service; of those that are not, the expired before the drained, so that there is somebody. */
function everyone(candidates: readonly Candidate[]): readonly boolean[] {
  const choices = [({ drain, isExpired }: Candidate) => !drain && isExpired !== true, ({ drain }: Candidate) => !drain]
  return candidates.map(choices.find((isChosen) => candidates.some(isChosen)) ?? (() => true))
}

function count(candidates: readonly Candidate[], has: (index: number) => boolean): number {
  return candidates.filter((_, index) => has(index)).length
}
