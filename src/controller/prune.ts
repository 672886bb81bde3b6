// What `run` deletes or releases at the end of a full resync, by the rules of a pass.

import { type Plan } from '../model/changes.ts'
import { applyRemoval } from './apply-removal.ts'
import { withRemovals } from './plan-pass.ts'
import { type Followed, passOptionsOf, type RunOptions, type RunWorld, type Situation } from './run-world.ts'
import { sideBySide } from './side-by-side.ts'

export interface PruneSettings {
  readonly situation: Situation
  readonly followed: Pick<Followed, 'objects'>
  readonly world: Pick<RunWorld, 'target' | 'tell'>
  readonly options: RunOptions
  /** Whether a service that comes does not serve yet, or was not looked at. */
  readonly isUnfinished: (key: string) => boolean
}

/** Carries out what the guard lets pass; answers with what it withholds. Nothing goes under a config fault, or without the lease. */
export async function prune({ situation, followed, world, options, isUnfinished }: PruneSettings): Promise<Plan['guard']> {
  const { declared, leading, fault } = situation
  if (leading === undefined || leading.aborted || fault !== undefined || !options.prune) return undefined
  const current = followed.objects.current()
  const { removals, guard } = withRemovals([], declared, current, unfinishedOf(situation, isUnfinished), passOptionsOf(options))
  const run = sideBySide(options.concurrency, removals.length, () => undefined)
  await Promise.all(removals.map((removal) => run(async () => {
    const { namespace, name, status, messages } = await applyRemoval({ declared, target: world.target }, removal, leading)
    if (status === 'removed' || status === 'released') world.tell({ kind: 'removed', namespace, name, how: removal.kind })
    else if (status === 'failed') world.tell({ kind: 'trouble', where: `${namespace}/${name}`, message: `Not removed: ${messages.join(': ')}` })
  })))
  if (guard !== undefined) world.tell({ kind: 'withheld', ...guard })
  return guard
}

/** Namespace -> a service in it that does not serve yet. */
function unfinishedOf({ services }: Situation, isUnfinished: PruneSettings['isUnfinished']): ReadonlyMap<string, string> {
  return new Map([...services].filter(([key]) => isUnfinished(key)).map(([, { namespace, name }]) => [namespace, name]))
}
