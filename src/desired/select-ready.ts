// Who is ready: the table and the precedence of RULES 3, from drain downwards.

import { type DeclaredService } from '../model/declared.ts'
import { type Verdict } from '../model/observed.ts'

export interface Candidate {
  readonly verdict: Verdict
  readonly drain: boolean
}

export interface Selection {
  /** In the order of the candidates. */
  readonly ready: readonly boolean[]
  /** Said loudly: panic, or all unready. */
  readonly message?: string
}

type Policy = Pick<DeclaredService, 'whenAllUnready' | 'panicThresholdPercent'>

/** Pure: verdicts in, decisions out. */
export function selectReady(policy: Policy, candidates: readonly Candidate[]): Selection {
  if (candidates.length === 0) return { ready: [] }
  const isPassing = passing(candidates)
  const inService = candidates.map(({ drain }) => !drain)
  const readyCount = count(candidates, (index) => inService[index] === true && isPassing[index] === true)
  const total = count(candidates, (index) => inService[index] === true)
  if (readyCount > 0) {
    const isPanic = readyCount * 100 < total * policy.panicThresholdPercent
    return isPanic
      ? { ready: inService, message: `Panic: ${readyCount} of ${total} targets ready, below ${policy.panicThresholdPercent}%: all are published as ready` }
      : { ready: candidates.map((_, index) => inService[index] === true && isPassing[index] === true) }
  }
  // Nobody else can serve: a drained target that can is the last and stays.
  const drainedButPassing = candidates.map(({ drain, verdict }) => drain && verdict === 'ready')
  if (drainedButPassing.includes(true)) return { ready: drainedButPassing, message: 'Only drained targets can serve: they stay ready' }
  return allUnready(policy, candidates, total > 0 ? inService : candidates.map(() => true))
}

/** A newcomer without a verdict waits while another target is ready, and serves when none is. */
function passing(candidates: readonly Candidate[]): readonly boolean[] {
  const hasReady = candidates.some(({ verdict, drain }) => verdict === 'ready' && !drain)
  return candidates.map(({ verdict }) => verdict === 'ready' || (verdict === 'unprobed' && !hasReady))
}

function allUnready(policy: Policy, candidates: readonly Candidate[], everyone: readonly boolean[]): Selection {
  const targets = candidates.length === 1 ? 'The only target is' : `All ${candidates.length} targets are`
  return policy.whenAllUnready === 'publishAll'
    ? { ready: everyone, message: `${targets} unready: published as ready all the same (whenAllUnready: publishAll)` }
    : { ready: candidates.map(() => false), message: `${targets} unready: none is published as ready (whenAllUnready: publishNone)` }
}

function count(candidates: readonly Candidate[], has: (index: number) => boolean): number {
  return candidates.filter((_, index) => has(index)).length
}
