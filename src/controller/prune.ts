// What `run` deletes or releases at the end of a full resync, by the rules of a pass.

import { type Plan } from '../model/changes.ts'
import { applyRemoval } from './apply-removal.ts'
import { withRemovals } from './plan-pass.ts'
import { type Loop } from './loop.ts'
import { passOptionsOf, type Situation } from './run-world.ts'
import { sideBySide } from './side-by-side.ts'

/** Carries out what the guard lets pass; answers with what it withholds. Nothing goes under a config fault, or without the lease. */
export async function prune({ situation, states, followed, world, options }: Loop): Promise<Plan['guard']> {
  const { declared, leading, fault } = situation
  if (leading === undefined || leading.aborted || fault !== undefined || !options.prune) return undefined
  const current = followed.objects.current()
  const { removals, guard } = withRemovals([], declared, current, unfinishedOf(situation, states), passOptionsOf(options))
  const run = sideBySide(options.concurrency, removals.length, () => undefined)
  // Another config, or a fault, says that what is left of this list is not to go.
  const isCalledOff = (): boolean => situation.declared !== declared || situation.fault !== undefined
  await Promise.all(removals.map((removal) => run(async () => {
    if (isCalledOff()) return
    const { namespace, name, status, messages } = await applyRemoval({ declared, target: world.target }, removal, leading)
    if (status === 'removed' || status === 'released') world.tell({ kind: 'removed', namespace, name, how: removal.kind })
    else if (status === 'failed') world.tell({ kind: 'trouble', where: `${namespace}/${name}`, message: `Not removed: ${messages.join(': ')}` })
  })))
  if (guard !== undefined) world.tell({ kind: 'withheld', ...guard })
  return guard
}

/** Namespace -> a service in it that comes and does not serve yet, or was not looked at. */
function unfinishedOf({ services }: Situation, states: Loop['states']): ReadonlyMap<string, string> {
  return new Map([...services].filter(([key]) => states.get(key)?.isUnfinished ?? true).map(([, { namespace, name }]) => [namespace, name]))
}
