import { type ProbeTarget, type TargetState } from '../model/observed.ts'
import { type Belief } from './belief.ts'
import { type Outcome } from './start-probe.ts'

/** What is known of a target after an attempt, or after something else about it changed. Times in ms since the epoch. */
export function nextState(
  before: TargetState | undefined,
  { target, belief: { verdict, streak }, now, nextProbeAt }: { target: ProbeTarget; belief: Belief; now: number; nextProbeAt: number },
  outcome: Outcome | undefined,
): TargetState {
  const since = before?.verdict === verdict ? before.since : now
  return { target, verdict, streak, since, nextProbeAt, ...lastAttempt(before, outcome) }
}

function lastAttempt(before: TargetState | undefined, outcome: Outcome | undefined): Pick<TargetState, 'reason' | 'latencyMs'> {
  if (outcome?.ok !== undefined) return { reason: outcome.reason, latencyMs: outcome.latencyMs }
  // What could not be tried says nothing, so what was found before it stays, where there is something.
  if (before?.latencyMs !== undefined) return { reason: before.reason, latencyMs: before.latencyMs }
  return { reason: outcome === undefined ? before?.reason ?? 'not probed yet' : `not probed: ${outcome.reason}` }
}
