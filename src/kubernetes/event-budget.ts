// Which Events are sent: what was said lately is counted instead of said again, and nobody is flooded. Times are ms of a
// monotonic clock; what is remembered is bounded.

import { type EventNote } from './event-notes.ts'

export interface EventLimits {
  /** The same said again within this time is the same Event. */
  readonly sameWithinMs: number
  /** Its count is brought up to date at most so often. */
  readonly updateEveryMs: number
  readonly perObject: TokenBucket
  readonly overall: TokenBucket
  /** Of Events and of objects: the latest so many are remembered. */
  readonly remembered: number
}

interface TokenBucket {
  readonly burst: number
  /** A token comes back each time that so many ms have gone by. */
  readonly refillMs: number
}

/** Those of client-go where it has any: 25 for one object, then one in five minutes; 10 minutes; 4096 remembered. */
export const eventLimits: EventLimits = {
  sameWithinMs: 600_000, updateEveryMs: 30_000,
  perObject: { burst: 25, refillMs: 300_000 }, overall: { burst: 100, refillMs: 200 },
  remembered: 4096,
}

/** An Event to be sent. `id` is unique in this budget. */
export interface Posting {
  readonly id: number
  readonly isNew: boolean
  /** How often it was said, those times too at which nothing was sent. */
  readonly count: number
  /** When it was said first. */
  readonly since: number
}

interface Known { readonly id: number; readonly since: number; count: number; saidAt: number; sentAt: number }

/** Takes a note; undefined where nothing is to be sent for it. */
export function eventBudget(limits: EventLimits = eventLimits): (note: EventNote, now: number) => Posting | undefined {
  const known = newMemory<Known>(limits.remembered)
  const perObject = newMemory<Tokens>(limits.remembered)
  const overall = newTokens(limits.overall)
  let lastId = 0

  const mayBeSent = ({ about }: EventNote, now: number): boolean => {
    const own = perObject.recall(about === 'lease' ? '' : `${about.namespace}/${about.name}`, () => newTokens(limits.perObject))
    if (!own.hasAny(now) || !overall.hasAny(now)) return false
    own.take()
    overall.take()
    return true
  }
  const again = (note: EventNote, seen: Known, now: number): Posting | undefined => {
    seen.count += 1
    seen.saidAt = now
    if (now - seen.sentAt < limits.updateEveryMs || !mayBeSent(note, now)) return undefined
    seen.sentAt = now
    return { id: seen.id, isNew: false, count: seen.count, since: seen.since }
  }
  return (note, now) => {
    const key = JSON.stringify([note.about, note.type, note.reason, note.message])
    const seen = known.find(key)
    if (seen !== undefined && now - seen.saidAt < limits.sameWithinMs) return again(note, seen, now)
    if (!mayBeSent(note, now)) return undefined
    lastId += 1
    known.keep(key, { id: lastId, since: now, count: 1, saidAt: now, sentAt: now })
    return { id: lastId, isNew: true, count: 1, since: now }
  }
}

interface Tokens {
  hasAny(now: number): boolean
  take(): void
}

function newTokens({ burst, refillMs }: TokenBucket): Tokens {
  let left = burst
  let at: number | undefined
  return {
    hasAny: (now) => {
      left = Math.min(burst, left + (now - (at ?? now)) / refillMs)
      at = now
      return left >= 1
    },
    take: () => { left -= 1 },
  }
}

interface Memory<Value> {
  find(key: string): Value | undefined
  keep(key: string, value: Value): void
  recall(key: string, make: () => Value): Value
}

/** Forgets what was not asked for the longest. */
function newMemory<Value>(most: number): Memory<Value> {
  const values = new Map<string, Value>()
  const keep = (key: string, value: Value): void => {
    values.delete(key)
    values.set(key, value)
    const [oldest] = values.keys()
    if (values.size > most && oldest !== undefined) values.delete(oldest)
  }
  const find = (key: string): Value | undefined => {
    const value = values.get(key)
    if (value !== undefined) keep(key, value)
    return value
  }
  return {
    find, keep,
    recall: (key, make) => {
      const found = find(key) ?? make()
      keep(key, found)
      return found
    },
  }
}
