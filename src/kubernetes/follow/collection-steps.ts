// The two things that are done with a collection, in turns: it is listed and it is watched.

import { type KubernetesClient } from '../client.ts'
import { ClusterError, isUnreachable } from '../cluster-error.ts'
import { afterWatch, type Ending } from './after-watch.ts'
import { lengthen, noStreak, pauseMs, type Streak } from './back-off.ts'
import { type Clock } from './clock.ts'
import { listInto, type Sink } from './list-into.ts'
import { waitingRoom, type WaitingRoom } from './waiting-room.ts'
import { garbled, type Versioned, type WatchEvent } from './watch-event.ts'
import { watchOnce } from './watch-once.ts'

export interface Collection<T extends Versioned> {
  /** For messages: `Services in shop`. */
  readonly what: string
  readonly path: string
  /** False: listed when asked to, and not watched between. */
  readonly isWatched: boolean
  readonly sink: Sink<T>
}

export interface Surrounding {
  readonly client: Pick<KubernetesClient, 'call' | 'stream'>
  readonly clock: Clock
  /** The refusal has become another, or the first list has ended. */
  readonly changed: () => void
  /** Failures in a row, told at the second; undefined when they are over. */
  readonly trouble: (what: string, message: string | undefined) => void
}

/** Where the following of one collection stands. */
export interface Course<T extends Versioned> {
  readonly collection: Collection<T>
  readonly surrounding: Surrounding
  /** Those who wait for a list. */
  readonly room: WaitingRoom
  /** Up to which all is known. */
  version: string | undefined
  isListNeeded: boolean
  /** Nothing was heard since the last list. */
  isFromList: boolean
  hasAnswered: boolean
  /** Why nothing is known. */
  refusal: ClusterError | undefined
  streak: Streak
  heardAt: number | undefined
}

export function newCourse<T extends Versioned>(collection: Collection<T>, surrounding: Surrounding): Course<T> {
  return {
    collection, surrounding, room: waitingRoom(),
    version: undefined, isListNeeded: true, isFromList: true, hasAnswered: false, refusal: undefined, streak: noStreak, heardAt: undefined,
  }
}

/** Resolves with the pause that is due, in ms. */
export async function list<T extends Versioned>(course: Course<T>, signal: AbortSignal): Promise<number> {
  const { collection, surrounding: { client, clock }, room } = course
  const isAsked = room.begin()
  try {
    course.version = await listInto({ client, ...collection, last: course.version }, signal)
  } catch (error) {
    const failure = clusterErrorOf(error)
    room.end(isUnreachable(failure) && !signal.aborted ? failure : undefined)
    if (signal.aborted) return 0
    refuse(course, failure, isAsked)
    return stumble(course, failure)
  }
  course.isListNeeded = false
  course.isFromList = true
  course.heardAt = clock.now()
  // Where there is a watch, only its life shows that all is well.
  if (!collection.isWatched) setStreak(course, noStreak)
  room.end()
  answer(course, undefined)
  return 0
}

/** Watches until that ends; resolves with the pause that is due, in ms. */
export async function watch<T extends Versioned>(course: Course<T>, signal: AbortSignal): Promise<number> {
  const { collection: { path, sink }, surrounding: { client, clock } } = course
  let openedAt: number | undefined
  const opened = (): void => {
    openedAt = clock.elapsed()
    course.heardAt = clock.now()
  }
  const hear = (event: Exclude<WatchEvent<T>, { type: 'ERROR' }>): void => {
    if (event.type !== 'BOOKMARK') sink.take(event)
    course.version = event.type === 'BOOKMARK' ? event.version : event.object.metadata.resourceVersion ?? course.version
    course.isFromList = false
    course.heardAt = clock.now()
  }
  const ending = await watchOnce<T>(client, { path, from: course.version ?? '', opened, hear }, clock, signal)
  const livedMs = openedAt === undefined ? 0 : clock.elapsed() - openedAt
  const step = afterWatch(ending, { livedMs, isFromList: course.isFromList }, course.streak, Math.random())
  course.isListNeeded ||= step.isListNeeded
  setStreak(course, step.streak, whatFailed(ending))
  return step.pauseMs
}

function whatFailed(ending: Ending): string | undefined {
  switch (ending.kind) {
    case 'failed': return ending.failure.message
    // Something on the way may keep it back until there is more of it.
    case 'silent': return 'Nothing comes of it, so it is listed every 90 s instead: what others edit is seen that late'
    case 'interrupted':
    case 'ended': return undefined
  }
}

/** After what must not happen: begins anew, after a pause. */
export function recover<T extends Versioned>(course: Course<T>, error: unknown): number {
  course.isListNeeded = true
  return stumble(course, clusterErrorOf(error))
}

/** What an overloaded server does not list now is known from before; to who asked for it anew that is not good enough. */
function refuse<T extends Versioned>(course: Course<T>, failure: ClusterError, isAsked: boolean): void {
  if (isUnreachable(failure)) return
  const isKnown = course.hasAnswered && course.refusal === undefined
  if (isKnown && failure.retryable && !isAsked) return
  course.isListNeeded = true
  answer(course, failure)
}

function answer<T extends Versioned>(course: Course<T>, refusal: ClusterError | undefined): void {
  const isNews = !course.hasAnswered || refusal?.message !== course.refusal?.message
  course.hasAnswered = true
  course.refusal = refusal
  if (isNews) course.surrounding.changed()
}

function stumble<T extends Versioned>(course: Course<T>, failure: ClusterError): number {
  setStreak(course, lengthen(course.streak, failure), failure.message)
  return pauseMs(course.streak, failure, Math.random())
}

/** It is followed no more: what stays in trouble is no news where another collection gets into the same. */
export function forgetTrouble<T extends Versioned>(course: Course<T>): void {
  setStreak(course, noStreak)
}

/** One failure is no trouble: connections are cut for many reasons. */
function setStreak<T extends Versioned>(course: Course<T>, streak: Streak, message = 'It is ended as soon as it begins'): void {
  const { collection: { what }, surrounding: { trouble }, streak: { failures: before } } = course
  course.streak = streak
  if (streak.failures === 2 && before === 1) trouble(what, message)
  if (streak.failures === 0 && before > 0) trouble(what, undefined)
}

function clusterErrorOf(error: unknown): ClusterError {
  return error instanceof ClusterError ? error : garbled((error as Error).message, error)
}
