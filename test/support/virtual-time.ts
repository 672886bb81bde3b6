import { setImmediate as afterAllElse } from 'node:timers/promises'

/** Time that goes by only when it is told to. */
export interface VirtualTime {
  /** ms since the test began. */
  now(): number
  /** Rejects with the signal's reason. */
  wait(ms: number, signal?: AbortSignal): Promise<void>
  /** Lets so many ms go by; what is due happens in its order, each with all that follows from it, then `after`. */
  advance(ms: number, after?: () => void): Promise<void>
  /** How many wait: what should have ended holds no timer. */
  waiting(): number
}

interface Waiter {
  readonly due: number
  readonly wake: () => void
}

export function virtualTime(): VirtualTime {
  const waiters = new Set<Waiter>()
  let now = 0

  const wait = (ms: number, signal?: AbortSignal): Promise<void> => new Promise((resolve, reject) => {
    const end = (settle: () => void) => (): void => {
      waiters.delete(waiter)
      signal?.removeEventListener('abort', abort)
      settle()
    }
    const abort = end(() => { reject(signal?.reason as Error) })
    const waiter: Waiter = { due: now + Math.max(0, ms), wake: end(resolve) }
    if (signal?.aborted === true) abort()
    else {
      waiters.add(waiter)
      signal?.addEventListener('abort', abort)
    }
  })

  const advance = async (ms: number, after: () => void = () => undefined): Promise<void> => {
    const until = now + ms
    await afterAllElse()
    for (;;) {
      const next = [...waiters].reduce<Waiter | undefined>((first, each) => (first === undefined || each.due < first.due ? each : first), undefined)
      if (next === undefined || next.due > until) break
      now = Math.max(now, next.due)
      next.wake()
      await afterAllElse()
      after()
    }
    now = until
    after()
  }

  return { now: () => now, wait, advance, waiting: () => waiters.size }
}
