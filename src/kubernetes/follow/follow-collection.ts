import { type ClusterError } from '../cluster-error.ts'
import { type Collection, forgetTrouble, list, newCourse, recover, type Surrounding, watch } from './collection-steps.ts'
import { interruptible } from './interruptible.ts'
import { type Versioned } from './watch-event.ts'

export interface CollectionFollower {
  /** Lists anew, beginning after this call. Resolves also where that is refused; rejects with ClusterError where nobody answers. */
  refresh(): Promise<void>
  /** Resolves once it was listed or refused; rejects with ClusterError where nobody answers. */
  ready(): Promise<void>
  hasAnswered(): boolean
  /** Why nothing is known of it. */
  refusal(): ClusterError | undefined
  /** ms since the epoch of the last sign of life. */
  heardAt(): number | undefined
  /** Resolves when it has ended; who waits waits no longer. */
  stop(): Promise<void>
}

/** Lists, watches from there, goes on where a watch ended and lists again where that is not possible, until it is stopped. */
export function followCollection<T extends Versioned>(collection: Collection<T>, surrounding: Surrounding): CollectionFollower {
  const course = newCourse(collection, surrounding)
  const { room } = course
  const steps = interruptible()

  const step = (): Promise<number> => {
    if (course.isListNeeded || room.hasWaiting()) return list(course, steps.stopping)
    return steps.run((signal) => collection.isWatched ? watch(course, signal) : untilAborted(signal))
  }
  const loop = async (): Promise<void> => {
    // Who asks within this turn is served by the first list.
    await Promise.resolve()
    while (!steps.stopping.aborted) {
      const pause = await step().catch((error: unknown) => recover(course, error))
      if (pause > 0 && !room.hasWaiting()) await steps.run((signal) => surrounding.clock.wait(pause, signal).catch(() => undefined))
    }
    room.begin()
    room.end()
    forgetTrouble(course)
  }
  const ended = loop()
  /** Who waits for a list cuts a watch or a pause short. */
  const served = (waiting: Promise<void>): Promise<void> => {
    steps.interrupt()
    return waiting
  }
  return {
    refresh: () => served(room.enter()),
    ready: () => course.hasAnswered ? Promise.resolve() : served(room.join()),
    hasAnswered: () => course.hasAnswered,
    refusal: () => course.refusal,
    heardAt: () => course.heardAt,
    async stop() {
      steps.stop()
      await ended
    },
  }
}

/** Nothing is due until somebody asks. */
function untilAborted(signal: AbortSignal): Promise<number> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => { resolve(0) }, { once: true })
    if (signal.aborted) resolve(0)
  })
}
