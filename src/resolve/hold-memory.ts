import { type Clock } from './clock.ts'
import { type HostMemory, isSameBelief, nothingKnown, retentionEndsAt, type Terms, withoutUnretained } from './host-memory.ts'

export interface MemoryHolder {
  readonly memory: () => HostMemory
  readonly replace: (next: HostMemory) => void
  readonly end: () => void
}

/** Holds the memory of one question and lets go in time of what is no longer retained. Calls `changed` when another thing is believed. */
export function holdMemory(clock: Clock, terms: () => Terms, changed: (before: HostMemory) => void): MemoryHolder {
  let memory = nothingKnown
  let cancel = (): void => undefined

  function replace(next: HostMemory): void {
    const before = memory
    memory = next
    cancel()
    const early = retentionEndsAt(memory, terms()) - clock.elapsed()
    if (early !== Infinity) cancel = clock.after(Math.max(0, early), forget)
    if (!isSameBelief(before, next)) changed(before)
  }

  function forget(): void {
    replace(withoutUnretained(memory, clock.elapsed(), terms()))
  }

  return { memory: () => memory, replace, end: () => { cancel() } }
}
