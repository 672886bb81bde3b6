// Which services are looked at, and when. Level-based: what is queued is a name, and what is found when its turn comes is
// what counts, so any number of reasons within the debounce are one look.

import pLimit from 'p-limit'
import { backOffMs } from './schedule.ts'
import { takeTurns } from './take-turns.ts'

/** waiting: something has not been asked yet, and will queue it again. failed: to be tried again on its own. */
export type Looked = 'done' | 'waiting' | 'failed'

export interface Queue {
  /** Looks at a service after the debounce; one that is being looked at is looked at again after. */
  add(key: string): void
  /** Looks at it after this time, unless it is looked at before. */
  addLater(key: string, delayMs: number): void
  /** Adds them all and resolves when each was looked at since, without waiting for anything. Rejects with the signal's reason. */
  lookAt(keys: Iterable<string>, signal: AbortSignal): Promise<void>
  /** Forgets a service that is no longer declared. */
  forget(key: string): void
  /** When the next try of a service is due that failed, in ms of performance.now(). */
  retryAt(key: string): number | undefined
  /** waiting: due, and not begun yet; what is to be looked at again at some later time is not among them. */
  size(): { readonly waiting: number; readonly working: number }
  /** How long the oldest look under way has taken so far, in ms; 0 where there is none. */
  longestLookMs(): number
  /** Takes nothing more; resolves when what was begun is done. */
  stop(): Promise<void>
}

export interface QueueSettings {
  readonly look: (key: string) => Promise<Looked>
  /** Services looked at side by side. */
  readonly concurrency: number
  readonly debounceMs: () => number
  /** Seconds that a service waited for its turn beyond the debounce. */
  readonly waited?: (seconds: number) => void
  readonly random?: () => number
}

interface Item {
  timer?: NodeJS.Timeout
  dueAt: number
  isWorking: boolean
  /** When the look under way began. */
  begunAt?: number
  /** Was added while it was being looked at. */
  isDirty: boolean
  failures: number
  retryAt?: number
}

/** Looks at ten thousand services take seconds of the one thread that probes and renews the lease too. */
const longestTurnMs = 10

export function openQueue({ look, concurrency, debounceMs, waited = () => undefined, random = Math.random }: QueueSettings): Queue {
  const items = new Map<string, Item>()
  const tickets = new Set<{ readonly left: Set<string>; readonly done: () => void }>()
  const inFlight = new Set<Promise<void>>()
  const limit = pLimit(concurrency)
  const turn = takeTurns(longestTurnMs)
  let isStopped = false

  const itemOf = (key: string): Item => {
    const known = items.get(key) ?? { dueAt: Infinity, isWorking: false, isDirty: false, failures: 0 }
    items.set(key, known)
    return known
  }

  const schedule = (key: string, delayMs: number): void => {
    const item = itemOf(key)
    const dueAt = performance.now() + delayMs
    if (isStopped || (item.timer !== undefined && item.dueAt <= dueAt)) return
    clearTimeout(item.timer)
    item.dueAt = dueAt
    item.timer = setTimeout(() => { begin(key, item) }, delayMs)
  }

  const begin = (key: string, item: Item): void => {
    delete item.timer
    if (item.isWorking) {
      item.isDirty = true
      return
    }
    item.isWorking = true
    const work = limit(async () => {
      for (let later = turn(); later !== undefined; later = turn()) await later
      waited(Math.max(0, performance.now() - item.dueAt) / 1000)
      item.isDirty = false
      item.begunAt = performance.now()
      end(key, item, isStopped ? 'waiting' : await look(key))
    })
    inFlight.add(work)
    void work.finally(() => inFlight.delete(work))
  }

  const end = (key: string, item: Item, looked: Looked): void => {
    item.isWorking = false
    delete item.begunAt
    const isLookedAtAgain = item.isDirty && !isStopped
    item.failures = looked === 'failed' ? item.failures + 1 : 0
    delete item.retryAt
    if (items.get(key) === item) {
      if (isLookedAtAgain) schedule(key, debounceMs())
      else if (looked === 'failed') {
        const delayMs = backOffMs(item.failures, random())
        item.retryAt = performance.now() + delayMs
        schedule(key, delayMs)
      } else if (item.timer === undefined) items.delete(key)
    }
    // Who asked during a look means the next one: this one may have read before.
    if (looked !== 'waiting' && !isLookedAtAgain) settle(key)
  }

  const settle = (key: string): void => {
    for (const ticket of tickets) if (ticket.left.delete(key) && ticket.left.size === 0) ticket.done()
  }

  const add = (key: string): void => {
    const item = itemOf(key)
    if (item.isWorking) item.isDirty = true
    else schedule(key, debounceMs())
  }

  return {
    add,
    addLater: schedule,
    async lookAt(keys, signal) {
      const left = new Set(keys)
      if (left.size === 0) return
      signal.throwIfAborted()
      const { promise, resolve, reject } = Promise.withResolvers<undefined>()
      const ticket = { left, done: () => { resolve(undefined) } }
      const stop = (): void => { reject(signal.reason as Error) }
      tickets.add(ticket)
      signal.addEventListener('abort', stop, { once: true })
      try {
        for (const key of left) add(key)
        await promise
      } finally {
        tickets.delete(ticket)
        signal.removeEventListener('abort', stop)
      }
    },
    forget(key) {
      clearTimeout(items.get(key)?.timer)
      items.delete(key)
      settle(key)
    },
    retryAt: (key) => items.get(key)?.retryAt,
    size: () => {
      const soon = performance.now() + debounceMs()
      return { waiting: limit.pendingCount + [...items.values()].filter(({ isWorking, dueAt }) => !isWorking && dueAt <= soon).length, working: limit.activeCount }
    },
    longestLookMs: () => Math.max(0, ...[...items.values()].map(({ begunAt }) => (begunAt === undefined ? 0 : performance.now() - begunAt))),
    async stop() {
      isStopped = true
      for (const item of items.values()) clearTimeout(item.timer)
      await Promise.all(inFlight)
      items.clear()
    },
  }
}
