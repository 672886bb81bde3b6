import { type Tell } from '../model/happenings.ts'
import { type ProbeTarget, type TargetState, type Verdict } from '../model/observed.ts'
import { type TargetFollower } from '../model/ports.ts'
import { newAgenda } from './agenda.ts'
import { newClaims } from './claims.ts'
import { type Clock, monotonicClock } from './clock.ts'
import { type Engine, type Learned, probeAgain, type ProbedTarget } from './probe-again.ts'
import { startProbe } from './probes.ts'
import { newSlots } from './slots.ts'
import { type StartProbe } from './start-probe.ts'
import { tellTrouble } from './tell-trouble.ts'

export interface FollowSettings {
  /** ms since the epoch: for what is shown. The timers go by `clock`. */
  readonly now: () => number
  /** The owners of a target whose verdict moved just now. May not throw, nor may `tell`. */
  readonly changed: (owners: readonly string[]) => void
  readonly tell: Tell
  /** Attempts at a time, so sockets at a time: half of them for targets that took long the last time. */
  readonly concurrency?: number
  readonly clock?: Clock
  readonly random?: () => number
  readonly start?: StartProbe
}

/**
 * Probes each target again and again, and says whose verdict moved. What could not be tried for want of something of our
 * own moves nothing. A stopped one follows nothing more.
 */
export function followTargets(settings: FollowSettings): TargetFollower {
  const engine = engineOf(settings)
  const announce = announcer(settings, tellTrouble(settings.tell, engine.clock.now))
  const claims = newClaims()
  const probed = new Map<string, ProbedTarget>()
  const states = new Map<string, TargetState>()
  let isStopped = false

  function begin(key: string, target: ProbeTarget, before: Verdict): void {
    probed.set(key, probeAgain(target, before, engine, (state, previous, outcome) => {
      states.set(key, state)
      announce(state, previous, outcome)
      if (previous !== undefined && previous.verdict !== state.verdict) settings.changed(claims.ownersOf(key))
    }))
  }

  function end(key: string): void {
    probed.get(key)?.stop()
    probed.delete(key)
    states.delete(key)
  }

  return {
    states,
    follow(owner, targets) {
      if (isStopped) return
      const { wanted, remembered, gone } = claims.take(owner, targets.filter(({ check }) => check.kind !== 'none'))
      for (const [key, target] of wanted) {
        const known = probed.get(key)
        const before = remembered.get(key)
        if (known === undefined) begin(key, target, before ?? 'unprobed')
        else if (before !== undefined) known.believe(before)
        known?.pace(target)
      }
      for (const key of gone) end(key)
    },
    stop() {
      isStopped = true
      for (const key of [...probed.keys()]) end(key)
      return Promise.resolve()
    },
  }
}

function engineOf({ now, concurrency = 1024, clock = monotonicClock, random = Math.random, start = startProbe }: FollowSettings): Engine {
  const half = Math.max(1, Math.floor(concurrency / 2))
  return { now, clock, random, start, agenda: newAgenda(clock), quick: newSlots(half), slow: newSlots(half) }
}

function announcer({ tell }: FollowSettings, trouble: (reason: string) => void): Learned {
  return ({ target, verdict, reason }, before, outcome) => {
    // A belief that another owner brought is no news of the target.
    if (outcome === undefined) return
    if (outcome.ok === undefined) trouble(outcome.reason)
    else tell({ kind: 'probed', target, outcome })
    if (before !== undefined && before.verdict !== verdict) tell({ kind: 'verdict', target, verdict, before: before.verdict, reason })
  }
}
