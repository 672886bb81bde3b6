import { type ProbeTarget, type TargetState, type Verdict } from '../model/observed.ts'
import { type Agenda } from './agenda.ts'
import { beliefAfter, firstBelief, isMoving, withBelief } from './belief.ts'
import { type Clock } from './clock.ts'
import { nextProbeAt, nextRegularAt, type Pace, spreadPhase } from './next-probe.ts'
import { nextState } from './next-state.ts'
import { type Slots } from './slots.ts'
import { type Outcome, type StartProbe } from './start-probe.ts'

/** What all targets that are probed again and again share. */
export interface Engine {
  readonly clock: Clock
  readonly agenda: Agenda
  readonly random: () => number
  /** ms since the epoch. */
  readonly now: () => number
  readonly start: StartProbe
  readonly quick: Slots
  /** For targets that took long the last time: however many of them hang until their time-outs, the others go on. */
  readonly slow: Slots
}

/** Told of each new state, with the outcome where it comes from an attempt. */
export type Learned = (state: TargetState, before: TargetState | undefined, outcome: Outcome | undefined) => void

export interface ProbedTarget {
  /** Somebody else remembers this verdict: it counts until the attempts decide. */
  readonly believe: (before: Verdict) => void
  /** The same target with other periods. */
  readonly pace: (target: ProbeTarget) => void
  /** Ends the attempt under way too, and nothing is told of it. */
  readonly stop: () => void
}

// Longer than a target in good health takes.
const slowMs = 500

/** Probes one target again and again, one attempt at a time: at once when nothing is known of it, else within its period. */
export function probeAgain(first: ProbeTarget, before: Verdict, engine: Engine, learned: Learned): ProbedTarget {
  const { clock, agenda } = engine
  const phaseAt = spreadPhase(clock.now(), first.check.periodSeconds * 1000, engine.random)
  let target = first
  let belief = firstBelief(before)
  let slots = engine.quick
  let isStopped = false
  let isDue = false
  let dueAt: number
  let begunAt: number
  let stopAttempt: (() => void) | undefined
  let state: TargetState | undefined
  plan(before === 'unprobed' ? clock.now() : phaseAt)
  learn(undefined)

  function takeSlot(): void {
    isDue = true
    slots.take(begin)
  }

  function begin(): boolean {
    if (isStopped) return false
    begunAt = Math.max(clock.now(), dueAt)
    stopAttempt = engine.start(target, end)
    return true
  }

  function end(outcome: Outcome): void {
    stopAttempt = undefined
    slots.giveBack()
    const endedAt = clock.now()
    slots = endedAt - begunAt > slowMs ? engine.slow : engine.quick
    if (outcome.ok !== undefined) belief = beliefAfter(belief, outcome.ok, target.check)
    plan(nextProbeAt(paceOf(target, phaseAt), { begunAt, endedAt }, isMoving(belief)))
    learn(outcome)
  }

  function plan(due: number): void {
    isDue = false
    dueAt = due
    agenda.at(due, takeSlot)
  }

  function learn(outcome: Outcome | undefined): void {
    const now = engine.now()
    const previous = state
    state = nextState(previous, { target, belief, now, nextProbeAt: Math.round(now + dueAt - clock.now()) }, outcome)
    learned(state, previous, outcome)
  }

  return {
    believe(remembered) {
      const before = belief
      belief = withBelief(belief, remembered)
      if (belief !== before) learn(undefined)
    },
    pace(next) {
      target = next
      const sooner = nextRegularAt(paceOf(target, phaseAt), clock.now())
      if (!isDue && sooner < dueAt) {
        agenda.callOff(dueAt, takeSlot)
        plan(sooner)
      }
      learn(undefined)
    },
    stop() {
      isStopped = true
      agenda.callOff(dueAt, takeSlot)
      if (stopAttempt === undefined) return
      stopAttempt()
      slots.giveBack()
    },
  }
}

function paceOf({ check }: ProbeTarget, phaseAt: number): Pace {
  return { periodMs: check.periodSeconds * 1000, transitionMs: check.transitionPeriodSeconds * 1000, phaseAt }
}
