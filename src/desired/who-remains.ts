// Nothing ever goes from some addresses to none because a name is gone or DNS is silent.

import { type Verdict } from '../model/observed.ts'
import { selectReady, type Candidate, type ReadyPolicy } from './select-ready.ts'

export interface Leaver extends Candidate {
  /** Its host does not exist, or has been silent for too long with `whenStaleExpires: remove`. */
  readonly isLeaving: boolean
}

/**
 * Who of these stays, in their order. Leavers go as soon as another target is published as ready whose check passes;
 * where no leaver's does either, one that fails will do (publishAll), a newcomer that nobody has probed yet will not.
 * Until then those stay that are published as ready; where nobody is, leavers go, but not the last of the Service.
 */
export function whoRemains(policy: ReadyPolicy, candidates: readonly Leaver[]): readonly boolean[] {
  const isStaying = candidates.map(({ isLeaving }) => !isLeaving)
  if (!isStaying.includes(false)) return isStaying
  const { ready } = selectReady(policy, candidates)
  const others = candidates.filter(({ isLeaving }) => !isLeaving)
  // Panic may publish the others only beside those that leave.
  if (isServedByOthers(candidates, ready) && selectReady(policy, others).ready.includes(true)) return isStaying
  const isLast = candidates.map(({ isLeaving }, index) => isLeaving && ready[index] === true)
  if (isLast.includes(true)) return isStaying.map((stays, index) => stays || isLast[index] === true)
  return others.length > 0 ? isStaying : candidates.map(() => true)
}

function isServedByOthers(candidates: readonly Leaver[], ready: readonly boolean[]): boolean {
  const served = candidates.filter((_, index) => ready[index] === true)
  const enough: readonly Verdict[] = served.some(({ isLeaving, verdict }) => isLeaving && verdict === 'ready') ? ['ready'] : ['ready', 'unready']
  return served.some(({ isLeaving, verdict }) => !isLeaving && enough.includes(verdict))
}
