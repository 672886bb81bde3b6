import { openRun, type RunApp } from '../app-run.ts'
import { watchConfig } from '../config/watch-config.ts'
import { followSchedule, type Schedule } from '../controller/follow-schedule.ts'
import { exitCodes, type ExitCode } from '../exit-codes.ts'
import { type Declared } from '../model/declared.ts'
import { openReloads, type Reloads } from './open-reloads.ts'
import { appOptions, type Flags } from './options.ts'
import { tell } from './output.ts'
import { readConfig } from './read-config.ts'
import manifest from '../../package.json' with { type: 'json' }

/** Follows the world until it is told to end; a reload, a resync and the end are asked for by signals. */
export async function run(flags: Flags, signal: AbortSignal): Promise<ExitCode> {
  const reloads = openReloads()
  // Before the first reading, so that no edit falls between the two, and no signal ends a process that is just starting.
  const stopWatching = await watchConfig(flags.config, reloads.ask)
  process.on('SIGHUP', reloads.ask).on('SIGUSR2', passOver)
  try {
    await runOn(await readConfig(flags), flags, reloads, signal)
  } finally {
    stopWatching()
    process.off('SIGHUP', reloads.ask).off('SIGUSR2', passOver)
  }
  return exitCodes.done
}

async function runOn(declared: Declared, flags: Flags, reloads: Reloads, signal: AbortSignal): Promise<void> {
  const app = await openRun(declared, {
    ...appOptions(flags),
    prune: flags.prune, allowDeletes: flags.allowDeletes,
    ...(flags.admin !== undefined && { admin: flags.admin }),
    ...(flags.lease && { lease: { ...(flags.leaseNamespace !== undefined && { namespace: flags.leaseNamespace }), ...(flags.leaseName !== undefined && { name: flags.leaseName }) } }),
    logLevel: flags.verbose ? 'debug' : 'info',
    version: manifest.version,
  })
  if (app.admin !== undefined) tell(`Admin port: http://${app.admin}`)
  const schedule = followSchedule(declared.schedule, () => app.running.resync('schedule'), app.tell)
  // Standard input can be read but once.
  if (!flags.config.includes('-')) reloads.begin(() => takeConfig(flags, app, schedule, signal))
  const resync = (): void => { void app.running.resync('asked') }
  process.on('SIGUSR2', resync)
  try {
    await ended(signal)
  } finally {
    schedule.stop()
    await app.stop()
    process.off('SIGUSR2', resync)
  }
}

/** A config that is faulty in any way changes nothing: the one before it holds, and that is said. */
async function takeConfig(flags: Flags, { running }: RunApp, schedule: Schedule, signal: AbortSignal): Promise<void> {
  const read = await readConfig(flags).catch((error: unknown) => (error as Error).message)
  // What has ended would begin anew to follow what it says.
  if (signal.aborted) return
  const fault = typeof read === 'string' ? read : running.take(read)
  if (fault !== undefined) running.refuse(fault)
  else if (typeof read !== 'string') schedule.change(read.schedule)
}

/** A resync comes at the start anyway, and a signal that nobody listens to ends the process. */
function passOver(): undefined {
  return undefined
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => { resolve() }, { once: true })
  })
}
