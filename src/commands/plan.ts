import { openWorld } from '../app.ts'
import { planSync } from '../controller/sync.ts'
import { type ExitCode } from '../exit-codes.ts'
import { outlineOfPlan } from '../report/outline.ts'
import { appOptions, type Flags, passOptions } from './options.ts'
import { printOutline } from './output.ts'
import { readConfig, refuseEmptyPrune, refuseUnknownService } from './read-config.ts'

/** What sync would do now, and why; writes nothing. */
export async function plan(flags: Flags, signal: AbortSignal): Promise<ExitCode> {
  const declared = await readConfig(flags)
  refuseUnknownService(declared, flags)
  refuseEmptyPrune(declared, flags)
  const world = await openWorld(declared, appOptions(flags))
  try {
    const planned = await planSync(declared, world, passOptions(flags), signal)
    return await printOutline(outlineOfPlan(planned.plan), flags)
  } finally {
    await world.target.close()
  }
}
