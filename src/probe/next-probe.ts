// When a target is probed. Pure; times are ms of a clock that never jumps.

export interface Pace {
  readonly periodMs: number
  /** The period while the attempts contradict the verdict and have not moved it yet. */
  readonly transitionMs: number
  /** Some regular time of this target: the others are whole periods away. */
  readonly phaseAt: number
}

/** A regular time anywhere in the period to come, so that targets that are new together are not probed together. */
export function spreadPhase(now: number, periodMs: number, random: () => number): number {
  // Whole, since whole periods are added to it and taken off again, and the rest decides.
  return Math.round(now + random() * periodMs)
}

/** The first regular time after `at`. */
export function nextRegularAt({ periodMs, phaseAt }: Pace, at: number): number {
  return phaseAt + (Math.floor((at - phaseAt) / periodMs) + 1) * periodMs
}

/**
 * When the next attempt begins. As in the kubelet, it is reckoned from the begin of the last one, never from its end, so
 * that a slow target keeps its phase and a stall of this process does not leave all targets in step; and where the last
 * one took longer than that, the next begins at once. Only the re-check within a streak leaves the phase.
 */
export function nextProbeAt(pace: Pace, { begunAt, endedAt }: { begunAt: number; endedAt: number }, isMoving: boolean): number {
  const due = isMoving ? begunAt + Math.min(pace.transitionMs, pace.periodMs) : nextRegularAt(pace, begunAt)
  return Math.max(due, endedAt)
}
