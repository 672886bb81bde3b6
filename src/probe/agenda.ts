import { type Clock } from './clock.ts'

export interface Agenda {
  /** Runs it at that time of the clock, once. */
  readonly at: (dueAt: number, run: () => void) => void
  /** Does not run it after all. Both as they were given. */
  readonly callOff: (dueAt: number, run: () => void) => void
}

/**
 * Many appointments on few timers: those within the same `grainMs` share one, at its beginning, so none is late for it.
 * With a timer of its own each, 1,000 probes a second wake the process up 1,000 times.
 */
export function newAgenda(clock: Clock, grainMs = 10): Agenda {
  const grains = new Map<number, { readonly runs: Set<() => void>; readonly cancel: () => void }>()
  let running = new Set<() => void>()

  function open(grain: number): Set<() => void> {
    const runs = new Set<() => void>()
    const begin = (): void => {
      grains.delete(grain)
      running = runs
      for (const run of runs) run()
    }
    grains.set(grain, { runs, cancel: clock.after(Math.max(0, grain * grainMs - clock.now()), begin) })
    return runs
  }

  return {
    at(dueAt, run) {
      const grain = Math.floor(dueAt / grainMs)
      const runs = grains.get(grain)?.runs ?? open(grain)
      runs.add(run)
    },
    callOff(dueAt, run) {
      // One of those that run now may call off another, whose turn has not come.
      running.delete(run)
      const grain = Math.floor(dueAt / grainMs)
      const appointments = grains.get(grain)
      if (appointments?.runs.delete(run) !== true || appointments.runs.size > 0) return
      grains.delete(grain)
      appointments.cancel()
    },
  }
}
