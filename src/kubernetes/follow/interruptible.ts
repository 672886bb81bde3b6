/** Runs one thing after the other, each of which can be cut short. */
export interface Interruptible {
  /** `work` gets a signal that ends with this one step; of a long-lived one every step would leave listeners behind. */
  run<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>
  /** Cuts the step under way short; where there is none, nothing happens. */
  interrupt(): void
  /** Aborted by `stop`. */
  readonly stopping: AbortSignal
  stop(): void
}

export function interruptible(): Interruptible {
  const stopping = new AbortController()
  let step: AbortController | undefined
  return {
    async run(work) {
      const current = new AbortController()
      step = current
      if (stopping.signal.aborted) current.abort()
      try {
        return await work(current.signal)
      } finally {
        step = undefined
      }
    },
    interrupt: () => { step?.abort() },
    stopping: stopping.signal,
    stop: () => {
      stopping.abort()
      step?.abort()
    },
  }
}
