// Everything of this instance goes: past the guard, since a person asked for just that.

import { type PassResult, type Plan } from '../model/changes.ts'
import { serviceKey, type Declared } from '../model/declared.ts'
import { type CurrentService } from '../model/objects.ts'
import { type Target } from '../model/ports.ts'
import { planRemovals } from '../plan/plan-removals.ts'
import { applyRemoval } from './apply-removal.ts'
import { notesOf } from './notes-of.ts'
import { sideBySide, type Progress } from './side-by-side.ts'
import { isAllowed, type PassOptions } from './world.ts'

/** What `remove` would delete or release. */
export async function planRemove(declared: Declared, target: Target, options: PassOptions, signal: AbortSignal): Promise<Plan> {
  const namespaces = options.namespace === undefined ? declared.services.map(({ namespace }) => namespace) : [options.namespace]
  const scope = {
    namespaces: [...new Set(namespaces)].filter((namespace) => isAllowed(namespace, options)),
    everywhere: options.namespace === undefined,
    instance: declared.instance,
    keys: new Set(declared.services.map(serviceKey)),
  }
  const current = await target.read(scope, signal)
  const inScope = [...current.services.values()].filter(({ namespace, name }) =>
    isAllowed(namespace, options)
    && (options.namespace ?? namespace) === namespace && (options.service ?? name) === name)
  return { services: [], removals: planRemovals(inScope, new Set(), declared.instance), notes: [...notesOf(current), ...inScope.flatMap(unreadableNote)] }
}

/** Nobody can say that it is gone. */
function unreadableNote({ unreadable, ...service }: CurrentService): string[] {
  return unreadable === undefined ? [] : [`Service ${serviceKey(service)} could not be read, so what is there of it is not known: ${unreadable}`]
}

export async function remove(
  declared: Declared, target: Target, { removals, notes }: Plan, options: PassOptions, progress: Progress, signal: AbortSignal,
): Promise<PassResult> {
  const run = sideBySide(options.concurrency, removals.length, progress)
  const services = await Promise.all(removals.map((removal) => run(() => applyRemoval({ target, declared }, removal, signal))))
  return { services, notes }
}
