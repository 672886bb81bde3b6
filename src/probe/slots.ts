export interface Slots {
  /** Runs it at once where a slot is free, else once one is; first come, first served. It says whether it makes use of the slot. */
  readonly take: (run: () => boolean) => void
  /** From who made use of it, once. */
  readonly giveBack: () => void
}

/**
 * So many at a time. By hand, since p-limit's promises are a good part of what a probe costs beyond its connection, and
 * the links of its queue keep what has run until the next full garbage collection.
 */
export function newSlots(count: number): Slots {
  const waiting: (() => boolean)[] = []
  let free = count
  return {
    take(run) {
      if (free === 0) waiting.push(run)
      else if (run()) free--
    },
    giveBack() {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) if (next()) return
      free++
    },
  }
}
