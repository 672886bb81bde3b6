import { openRun, type RunApp } from '../app-run.ts'
import { watchConfig } from '../config/watch-config.ts'
import { followSchedule } from '../controller/follow-schedule.ts'
import { exitCodes, type ExitCode } from '../exit-codes.ts'
import { appOptions, type Flags } from './options.ts'
import { tell } from './output.ts'
import { readConfig } from './read-config.ts'
import manifest from '../../package.json' with { type: 'json' }

/** Follows the world until it is told to end; a reload, a resync and the end are asked for by signals. */
export async function run(flags: Flags, signal: AbortSignal): Promise<ExitCode> {
  const declared = await readConfig(flags)
  const app = await openRun(declared, {
    ...appOptions(flags),
    prune: flags.prune, allowDeletes: flags.allowDeletes,
    ...(flags.admin !== undefined && { admin: flags.admin }),
    ...(flags.lease && { lease: { ...(flags.leaseNamespace !== undefined && { namespace: flags.leaseNamespace }), ...(flags.leaseName !== undefined && { name: flags.leaseName }) } }),
    logLevel: flags.verbose ? 'debug' : 'info',
    version: manifest.version,
  })
  if (app.admin !== undefined) tell(`Admin port: http://${app.admin}`)
  const { running } = app
  const schedule = followSchedule(declared.schedule, () => running.resync('schedule'), app.tell)
  // Standard input can be read but once.
  const isReloadable = !flags.config.includes('-')
  const reload = !isReloadable ? () => undefined : oneAfterAnother(() => takeConfig(flags, app, (expression) => { schedule.change(expression) }))
  const stopWatching = watchConfig(flags.config, reload)
  const resync = (): void => { void running.resync('asked') }
  process.on('SIGHUP', reload).on('SIGUSR2', resync)
  try {
    await ended(signal)
  } finally {
    stopWatching()
    schedule.stop()
    await app.stop()
    process.off('SIGHUP', reload).off('SIGUSR2', resync)
  }
  return exitCodes.done
}

/** A config that is faulty in any way changes nothing: the one before it holds, and that is said. */
async function takeConfig(flags: Flags, { running }: RunApp, follow: (expression: string) => void): Promise<void> {
  try {
    const declared = await readConfig(flags)
    const fault = running.take(declared)
    if (fault === undefined) follow(declared.schedule)
    else running.refuse(fault)
  } catch (error) {
    running.refuse((error as Error).message)
  }
}

/** What is asked for while one is under way is one more after it. */
function oneAfterAnother(work: () => Promise<void>): () => void {
  let current: Promise<void> | undefined
  let isAskedAgain = false
  const begin = (): void => {
    isAskedAgain = false
    current = work().finally(() => {
      current = undefined
      if (isAskedAgain) begin()
    })
  }
  return () => {
    if (current === undefined) begin()
    else isAskedAgain = true
  }
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => { resolve() }, { once: true })
  })
}
