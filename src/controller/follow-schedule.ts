import { createTask, type ScheduledTask } from 'node-cron'
import { type Tell } from '../model/happenings.ts'

export interface Schedule {
  /** Another expression from now on; the same one goes on as it is. */
  change(expression: string): void
  stop(): void
}

/**
 * Calls `due` as a cron expression says, in the process's time zone, and never while the last call is under way: a
 * resync that takes longer than its interval is no reason for two. The expression must be valid: the config checks it.
 */
export function followSchedule(expression: string, due: () => Promise<void>, tell: Tell): Schedule {
  let task = begin(expression)
  let current = expression

  function begin(each: string): ScheduledTask {
    const said = (message: string | Error): void => { tell({ kind: 'trouble', where: 'schedule', message: String(message) }) }
    // Its own logger writes in colours to standard output.
    const logger = { info: () => undefined, debug: () => undefined, warn: said, error: said }
    const started = createTask(each, due, { name: 'resync', noOverlap: true, logger })
    void started.start()
    return started
  }

  return {
    change(next) {
      if (next === current) return
      void task.destroy()
      task = begin(next)
      current = next
    },
    stop: () => { void task.destroy() },
  }
}
