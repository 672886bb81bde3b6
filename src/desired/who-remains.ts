// Nothing ever goes from some addresses to none because a name is gone or DNS is silent.

import { selectReady, type Candidate, type ReadyPolicy } from './select-ready.ts'

export interface Leaver extends Candidate {
  /** Its host does not exist, or has been silent for too long with `whenStaleExpires: remove`. */
  readonly isLeaving: boolean
}

/**
 * Who of these stays, in their order. Leavers go as soon as another target is published as ready, on evidence of its
 * own (a newcomer that nobody has probed yet is none) and without them too (panic may publish it only beside them).
 * Until then those stay that are published as ready; where nobody is, leavers go, but not the last of the Service.
 */
export function whoRemains(policy: ReadyPolicy, candidates: readonly Leaver[]): readonly boolean[] {
  const isStaying = candidates.map(({ isLeaving }) => !isLeaving)
  if (!isStaying.includes(false)) return isStaying
  const { ready } = selectReady(policy, candidates)
  const others = candidates.filter(({ isLeaving }) => !isLeaving)
  const isServed = candidates.some(({ isLeaving, verdict }, index) => !isLeaving && verdict !== 'unprobed' && ready[index] === true)
  if (isServed && selectReady(policy, others).ready.includes(true)) return isStaying
  const isLast = candidates.map(({ isLeaving }, index) => isLeaving && ready[index] === true)
  if (isLast.includes(true)) return isStaying.map((stays, index) => stays || isLast[index] === true)
  return others.length > 0 ? isStaying : candidates.map(() => true)
}
