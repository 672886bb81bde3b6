import { createTask, type ScheduledTask } from 'node-cron'
import { type Tell } from '../model/happenings.ts'

export interface Schedule {
  /** Another expression from now on; the same one goes on as it is. */
  change(expression: string): void
  stop(): void
}

// How often the clock is looked at, and by how much it may be put back without notice, in ms.
const clockMs = 60_000

/**
 * Calls `due` as a cron expression says, in the process's time zone, and never while the last call is under way: a
 * resync that takes longer than its interval is no reason for two. The expression must be valid: the config checks it.
 */
export function followSchedule(expression: string, due: () => Promise<void>, tell: Tell): Schedule {
  let task = begin(expression)
  let current = expression
  let offset = clockOffset()
  // node-cron waits for a moment that it reckoned once: after a clock that was put back by hours it would wait for hours.
  const looking = setInterval(() => {
    const before = offset
    offset = clockOffset()
    if (offset < before - clockMs) beginAnew(current)
  }, clockMs)

  function begin(each: string): ScheduledTask {
    const said = (message: string | Error): void => { tell({ kind: 'trouble', where: 'schedule', message: String(message) }) }
    // Its own logger writes in colours to standard output.
    const logger = { info: () => undefined, debug: () => undefined, warn: said, error: said }
    const started = createTask(each, due, { name: 'resync', noOverlap: true, logger })
    void started.start()
    return started
  }

  function beginAnew(each: string): void {
    void task.destroy()
    task = begin(each)
    current = each
  }

  return {
    change(next) {
      if (next !== current) beginAnew(next)
    },
    stop: () => {
      clearInterval(looking)
      void task.destroy()
    },
  }
}

/** How far the wall clock is ahead of the one that nobody sets, in ms. */
function clockOffset(): number {
  return Date.now() - performance.now()
}
