// One pass: observe, desire, plan, apply. `run` will only decide which services and when.

import { type PassResult, type Plan } from '../model/changes.ts'
import { type Declared } from '../model/declared.ts'
import { apply } from './apply.ts'
import { observe, type Observation } from './observe.ts'
import { planPass } from './plan-pass.ts'
import { type Progress } from './side-by-side.ts'
import { type PassOptions, type World } from './world.ts'

export interface PlannedPass {
  readonly observation: Observation
  readonly plan: Plan
}

/** Looks at the world and says what one pass would do; writes nothing. */
export async function planSync(declared: Declared, world: World, options: PassOptions, signal: AbortSignal): Promise<PlannedPass> {
  const observation = await observe(declared, world, options, signal)
  return { observation, plan: planPass(declared, observation, options) }
}

/**
 * One whole pass over the selected services. What fails for one service is in its result and stops no other.
 * Rejects with TargetUnreachable where nothing could be read, with what `mayWrite` says, or with the signal's reason.
 */
export async function sync(
  declared: Declared, world: World, options: PassOptions, progress: Progress, signal: AbortSignal,
): Promise<PassResult> {
  const [{ observation, plan }] = await Promise.all([planSync(declared, world, options, signal), world.mayWrite?.(signal)])
  return apply({ declared, observation, plan, target: world.target, options, progress }, signal)
}
