import { setTimeout as sleep } from 'node:timers/promises'
import pLimit from 'p-limit'
import { type Health, probeKey, type ProbeTarget, type Verdict } from '../model/observed.ts'
import { type Probe, type ProbeTargets } from '../model/ports.ts'
import { startProbe } from './probes.ts'
import { promised } from './promised.ts'
import { type Outcome } from './start-probe.ts'
import { isDecided, nextStanding, standingBefore } from './threshold.ts'

type Remembered = ProbeTarget & { readonly before: Verdict }

export interface ProbeSettings {
  /** Attempts at a time, so sockets at a time. */
  readonly concurrency?: number
  /** The wait between two tries of one target. */
  readonly pause?: (signal: AbortSignal) => Promise<void>
}

const second = (signal: AbortSignal): Promise<void> => sleep(1000, undefined, { signal })

/**
 * Probes for one pass: every target is tried until its thresholds decide. Where they do not (a flapping target, the
 * caller's abort), the verdict before stays: not knowing moves nothing.
 */
export function probeTargets({ concurrency = 64, pause = second }: ProbeSettings = {}): ProbeTargets {
  const limit = pLimit(concurrency)
  // An attempt holds a slot, the pause between two does not: a dead target must not keep others waiting.
  const probe = promised(startProbe)
  const tryOnce: Probe = (target, signal) => limit(() => probe(target, signal))
  return async (targets, signal) => {
    const answers = [...distinct(targets)].map(async ([key, target]) =>
      [key, await probeInTime(target, signal, () => decide(target, tryOnce, pause, signal))] as const)
    return new Map(await Promise.all(answers))
  }
}

/** The same target in several services is probed once; where they remember different verdicts, the one that serves holds. */
function distinct(targets: readonly Remembered[]): Map<string, Remembered> {
  const byKey = new Map<string, Remembered>()
  const rank: Record<Verdict, number> = { unprobed: 0, unready: 1, ready: 2 }
  for (const target of targets) {
    const key = probeKey(target)
    const known = byKey.get(key)
    if (known === undefined || rank[target.before] > rank[known.before]) byKey.set(key, target)
  }
  return byKey
}

async function probeInTime(target: Remembered, signal: AbortSignal, probe: () => Promise<Health>): Promise<Health> {
  if (target.check.kind === 'none') return { verdict: 'ready', reason: 'no check' }
  try {
    return await probe()
  } catch (error) {
    if (!signal.aborted) throw error
    return { verdict: target.before, reason: 'not probed in time' }
  }
}

async function decide(
  target: Remembered,
  tryOnce: Probe,
  pause: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<Health> {
  const { check, before } = target
  const most = check.successThreshold + check.failureThreshold
  let standing = standingBefore(before)
  for (let tries = 1; ; tries++) {
    const outcome = await tryOnce(target, signal)
    if (outcome.ok !== undefined) {
      standing = nextStanding(standing, outcome.ok, check)
      if (isDecided(standing, check)) return { verdict: standing.verdict, reason: outcome.reason, latencyMs: outcome.latencyMs }
    }
    if (tries === most) return undecided(before, outcome)
    await pause(signal)
  }
}

/** Not knowing moves nothing, whether it was the target that flapped or we that could not try. */
function undecided(verdict: Verdict, outcome: Outcome): Health {
  if (outcome.ok === undefined) return { verdict, reason: `not probed: ${outcome.reason}` }
  return { verdict, reason: `flapping: ${outcome.reason}`, latencyMs: outcome.latencyMs }
}
