import { openWorld } from '../app.ts'
import { planSync } from '../controller/sync.ts'
import { type ExitCode } from '../exit-codes.ts'
import { exitCodeOf } from '../report/exit-code-of.ts'
import { outlineOfPlan } from '../report/outline.ts'
import { appOptions, type Flags, passOptions } from './options.ts'
import { print, tell } from './output.ts'
import { readConfig, refuseUnknownService } from './read-config.ts'

/**
 * The manifests on standard output, as `--to dir:PATH` would write them into an empty directory. It remembers nothing, so a
 * service of which not everything is known is left out: applied, a part of it would take away what serves.
 */
export async function render(flags: Flags, signal: AbortSignal): Promise<ExitCode> {
  const declared = await readConfig(flags)
  refuseUnknownService(declared, flags)
  const world = await openWorld(declared, appOptions({ ...flags, to: { kind: 'nowhere' } }))
  const { plan } = await planSync(declared, world, { ...passOptions(flags), prune: false }, signal)
  for (const { namespace, name, messages } of plan.services) for (const message of messages) tell(`${namespace}/${name}: ${message}`)
  const known = plan.services.filter(({ status }) => status === 'done')
  for (const { namespace, name } of plan.services.filter((service) => !known.includes(service))) tell(`${namespace}/${name}: left out`)
  const objects = known.flatMap(({ changes }) => changes.flatMap((change) => (change.verb === 'delete' ? [] : [change.desired])))
  const { manifestsText } = await import('../directory/manifests-text.ts')
  const { printData } = await import('../report/print-data.ts')
  print(flags.output === 'json' ? printData({ apiVersion: 'v1', kind: 'List', items: objects }, 'json') : manifestsText(objects).trimEnd())
  return exitCodeOf({ ...outlineOfPlan(plan), verb: 'sync' })
}
