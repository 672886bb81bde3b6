// What `run` deletes or releases at the end of a full resync, by the rules of a pass.

import { type Removal } from '../model/changes.ts'
import { serviceKey } from '../model/declared.ts'
import { applyRemoval } from './apply-removal.ts'
import { withRemovals } from './plan-pass.ts'
import { type Loop } from './loop.ts'
import { passOptionsOf, type Situation, type Withheld } from './run-world.ts'
import { sideBySide } from './side-by-side.ts'

export interface Pruned {
  /** What stays for now: each reason with the names. */
  readonly notes: readonly string[]
  /** All that was to go went. */
  readonly isWhole: boolean
}

const nothing: Pruned = { notes: [], isWhole: true }

/** Carries out what the guard lets pass. Nothing goes under a config fault, or without the lease. */
export async function prune({ situation, states, followed, world, options }: Loop): Promise<Pruned> {
  const { declared, leading, fault } = situation
  // What was withheld under the last good config still is.
  if (fault !== undefined) return nothing
  const { withheld } = situation
  delete situation.guard
  delete situation.awaited
  delete situation.withheld
  if (leading === undefined || leading.aborted || !options.prune) return nothing
  const current = followed.objects.current()
  const unfinished = unfinishedOf(situation, states)
  const { removals, guard } = withRemovals([], declared, current, unfinished, passOptionsOf(options))
  situation.withheld = withheldOf(removals, withheld, new Date(world.now()).toISOString())
  situation.awaited = new Set(removals.filter(({ withheld }) => withheld !== undefined).map(({ namespace }) => namespace).filter((each) => unfinished.has(each)))
  const run = sideBySide(options.concurrency, removals.length, () => undefined)
  // Another config, or a fault, says that what is left of this list is not to go.
  const isCalledOff = (): boolean => situation.declared !== declared || situation.fault !== undefined
  let isWhole = true
  await Promise.all(removals.filter(({ withheld }) => withheld === undefined).map((removal) => run(async () => {
    if (isCalledOff()) return
    const { namespace, name, status, messages } = await applyRemoval({ declared, target: world.target }, removal, leading)
    if (status === 'removed' || status === 'released') world.tell({ kind: 'removed', namespace, name, how: removal.kind })
    else world.tell({ kind: 'trouble', where: `${namespace}/${name}`, message: `Not removed: ${messages.join(': ')}` })
    isWhole &&= status !== 'failed'
  })))
  if (guard !== undefined) {
    situation.guard = guard
    world.tell({ kind: 'withheld', ...guard })
  }
  return { notes: withheldNotes(removals), isWhole }
}

/** Namespace -> a service in it that comes and does not serve yet, or was not looked at. */
function unfinishedOf({ services }: Situation, states: Loop['states']): ReadonlyMap<string, string> {
  return new Map([...services].filter(([key]) => states.get(key)?.isUnfinished ?? true).map(([, { namespace, name }]) => [namespace, name]))
}

function withheldOf(removals: readonly Removal[], before: Situation['withheld'], now: string): ReadonlyMap<string, Withheld> {
  const withheld = removals.flatMap(({ namespace, name, withheld: why }): Withheld[] =>
    (why === undefined ? [] : [{ namespace, name, why, since: before?.get(serviceKey({ namespace, name }))?.since ?? now }]))
  return new Map(withheld.map((each) => [serviceKey(each), each]))
}

const mostNames = 20

function withheldNotes(removals: readonly Removal[]): string[] {
  const byReason = Map.groupBy(removals.filter(({ withheld }) => withheld !== undefined), ({ withheld }) => withheld)
  return [...byReason].map(([reason, each]) => {
    const names = each.map(serviceKey).sort()
    const others = names.length > mostNames ? ` and ${names.length - mostNames} more` : ''
    return `No longer declared, and not removed: ${names.slice(0, mostNames).join(', ')}${others}: ${reason ?? ''}`
  })
}
