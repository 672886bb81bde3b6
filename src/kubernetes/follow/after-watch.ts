import { type ClusterError } from '../cluster-error.ts'
import { lengthen, noStreak, pauseMs, type Streak } from './back-off.ts'

/** How one watch ended. interrupted: by us. ended: by the server, in order. silent: no sign of life for too long. */
export type Ending =
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'ended' }
  | { readonly kind: 'silent' }
  | { readonly kind: 'failed'; readonly failure: ClusterError }

export interface Watched {
  /** For how long it was open. */
  readonly livedMs: number
  /** It began where a list ended, and has told nothing beyond. */
  readonly isFromList: boolean
}

export interface Step {
  /** What was missed cannot be had by going on from the last version. */
  readonly isListNeeded: boolean
  readonly pauseMs: number
  readonly streak: Streak
}

// One that lived for less proves nothing: who lets in and throws out would be asked tens of times a second.
const livedAtLeastMs = 5000

/** What follows on a watch. `random` is in 0..1. */
export function afterWatch(ending: Ending, { livedMs, isFromList }: Watched, before: Streak, random: number): Step {
  const hasLived = livedMs >= livedAtLeastMs
  const streak = hasLived ? noStreak : before
  // Without a word since the list it may be one of those that never say any.
  const unlessMute = isFromList ? before : streak
  const failed = (failure: ClusterError | undefined, isListNeeded: boolean): Step => {
    const longer = lengthen(streak, failure)
    return { isListNeeded, pauseMs: pauseMs(longer, failure, random), streak: longer }
  }
  switch (ending.kind) {
    case 'interrupted': return { isListNeeded: false, pauseMs: 0, streak: unlessMute }
    // Bookmarks come once a minute: the connection is dead, or the version is of a future that a restored etcd has not reached.
    case 'silent': return { isListNeeded: true, pauseMs: 0, streak: isFromList ? lengthen(before, undefined) : streak }
    case 'ended': return hasLived ? { isListNeeded: false, pauseMs: 0, streak } : failed(undefined, false)
    case 'failed': {
      const { failure } = ending
      const isTooOld = failure.status === 410
      return isTooOld && !isFromList ? { isListNeeded: true, pauseMs: 0, streak: noStreak } : failed(failure, isListNeededAfter(failure))
    }
  }
}

/** An overloaded or restarting server keeps its history; what is refused for any other reason is asked for anew. */
function isListNeededAfter({ status, reason }: ClusterError): boolean {
  if (status === undefined) return reason === 'Garbled'
  return ![429, 502, 503, 504].includes(status)
}
