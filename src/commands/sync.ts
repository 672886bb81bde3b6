import { openWorld } from '../app.ts'
import { planSync, sync as syncOnce } from '../controller/sync.ts'
import { exitCodes, type ExitCode } from '../exit-codes.ts'
import { outlineOfPlan, outlineOfResult } from '../report/outline.ts'
import { appOptions, type Flags, passOptions } from './options.ts'
import { printOutline, progressBar } from './output.ts'
import { readConfig, refuseEmptyPrune, refuseUnknownService } from './read-config.ts'
import { refuseWhileHeld } from './refuse-while-held.ts'

/** One pass: makes the cluster or the directory true to the config and the world. */
export async function sync(flags: Flags, signal: AbortSignal): Promise<ExitCode> {
  const declared = await readConfig(flags)
  refuseUnknownService(declared, flags)
  refuseEmptyPrune(declared, flags)
  const world = await openWorld(declared, appOptions(flags))
  const { progress, stop } = await progressBar()
  try {
    if (flags.dryRun === 'client') {
      const planned = await planSync(declared, world, passOptions(flags), signal)
      const code = await printOutline({ ...outlineOfPlan(planned.plan), dryRun: true }, flags)
      return code === exitCodes.changes ? exitCodes.done : code
    }
    const mayWrite = (until: AbortSignal): Promise<void> => refuseWhileHeld(world.leaseHolder, flags, until)
    const result = await syncOnce(declared, { ...world, mayWrite }, passOptions(flags), progress, signal)
    stop()
    return await printOutline({ ...outlineOfResult('sync', result), ...(flags.dryRun === 'server' && { dryRun: true }) }, flags)
  } finally {
    stop()
    await world.target.close()
  }
}
