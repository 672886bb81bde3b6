import { createInterface } from 'node:readline/promises'
import { openTarget } from '../app.ts'
import { planRemove, remove as removeAll } from '../controller/remove.ts'
import { type Plan } from '../model/changes.ts'
import { exitCodes, type ExitCode } from '../exit-codes.ts'
import { outlineOfPlan, outlineOfResult, type PassOutline } from '../report/outline.ts'
import { appOptions, type Flags, passOptions } from './options.ts'
import { print, printOutline, progressBar, tell } from './output.ts'
import { readConfig } from './read-config.ts'
import { refuseWhileHeld } from './refuse-while-held.ts'
import { UsageError } from './usage-error.ts'

/** Deletes (or releases, where adopted) everything of this instance, declared or not, past the guard. */
export async function remove(flags: Flags, signal: AbortSignal): Promise<ExitCode> {
  const declared = await readConfig(flags)
  const { target, leaseHolder } = await openTarget(declared, appOptions(flags))
  const { progress, stop } = await progressBar()
  try {
    const planned = await planRemove(declared, target, passOptions(flags), signal)
    const { removals, notes } = planned
    if (removals.length === 0 && notes.length === 0 && flags.output === 'table') {
      print(`Nothing of instance ${declared.instance} is there`)
      return exitCodes.done
    }
    if (flags.dryRun === 'client' || removals.length === 0) return await printOutline(outlineOfTrial(planned), flags)
    await refuseWhileHeld(leaseHolder, flags, signal)
    await confirm(planned, declared.instance, flags, signal)
    const result = await removeAll(declared, target, planned, passOptions(flags), progress, signal)
    stop()
    return await printOutline({ ...outlineOfResult('remove', result), ...(flags.dryRun === 'server' && { dryRun: true }) }, flags)
  } finally {
    stop()
    await target.close()
  }
}

/** What would go; that it was asked for is reason enough. */
function outlineOfTrial(planned: Plan): PassOutline {
  const outline = outlineOfPlan(planned)
  const services = outline.services.map((service) => (service.status === 'planned' ? { ...service, messages: [] } : service))
  return { ...outline, services, verb: 'remove', ...(planned.removals.length > 0 && { dryRun: true }) }
}

async function confirm({ removals, notes }: Plan, instance: string, { yes }: Flags, signal: AbortSignal): Promise<void> {
  if (yes) return
  if (!process.stdin.isTTY) throw new UsageError('Cannot ask whether to remove, since there is no terminal: give --yes')
  for (const note of notes) tell(note)
  for (const { kind, namespace, name } of removals) tell(`${kind === 'release' ? 'release' : 'delete '} ${namespace}/${name}`)
  const services = removals.length === 1 ? 'this service' : `these ${removals.length} services`
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await lines.question(`Remove ${services} of instance ${instance}? [y/N] `, { signal }).finally(() => { lines.close() })
  if (!/^y(es)?$/i.test(answer.trim())) throw new UsageError('Not removed')
}
