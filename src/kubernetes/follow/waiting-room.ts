/** Those who wait for a piece of work that is done again and again. */
export interface WaitingRoom {
  /** Waits for a piece that begins after this call. */
  enter(): Promise<void>
  /** Waits for the one under way, or for the next. */
  join(): Promise<void>
  hasWaiting(): boolean
  /** A piece begins; answers whether somebody waits for it. */
  begin(): boolean
  /** It has ended, by a failure where one is given. */
  end(failure?: Error): void
}

interface Waiter {
  readonly resolve: () => void
  readonly reject: (failure: Error) => void
}

export function waitingRoom(): WaitingRoom {
  let waiting: Waiter[] = []
  let served: Waiter[] | undefined
  const wait = (among: Waiter[]): Promise<void> => new Promise((resolve, reject) => { among.push({ resolve, reject }) })
  return {
    enter: () => wait(waiting),
    join: () => wait(served ?? waiting),
    hasWaiting: () => waiting.length > 0,
    begin: () => {
      served = waiting
      waiting = []
      return served.length > 0
    },
    end: (failure) => {
      for (const { resolve, reject } of served ?? []) {
        if (failure === undefined) resolve()
        else reject(failure)
      }
      served = undefined
    },
  }
}
