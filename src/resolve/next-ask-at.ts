// When a question is asked next. Pure; times in ms on the process's monotonic clock.

import { type ResolverSettings } from '../model/declared.ts'
import { type HostMemory } from './host-memory.ts'

/** While an absence waits for its confirmation: a host that was there is likely to be there again. */
const confirmMs = 5000
const firstBackOffMs = 1000
const longestBackOffMs = 30_000

/**
 * An answer is asked for again at its very end: earlier would meet the rest of it in a cache on the way and cost a
 * second query, later would cost the time in which the host may have moved. So that questions that were asked together
 * do not stay together, the first answer (of all, and after an outage) is held for a random part of its time, half of
 * it or more; where half of it is less than minTTLSeconds, for these and a random part of its time, late or not: hosts
 * of a short TTL would stay in step for good. Without an answer the waits double from 1 s to 30 s, each up to a
 * quarter shorter by chance.
 * `random` is in [0, 1).
 */
export function nextAskAt(memory: HostMemory, now: number, { minTTLSeconds }: Pick<ResolverSettings, 'minTTLSeconds'>, random: number): number {
  const { last, streak, absences } = memory
  const least = now + 1000 * minTTLSeconds
  switch (last?.outcome) {
    case undefined: return now
    case 'unknown': return now + backOffMs(-streak) * (1 - random / 4)
    case 'absent':
      if (absences < last.confirmations) return Math.min(last.endsAt, Math.max(least, now + confirmMs))
      break
    case 'found':
  }
  if (streak > 1) return last.endsAt
  const time = last.endsAt - now
  return now + time / 2 < least ? least + time * random : last.endsAt - time / 2 * random
}

function backOffMs(failures: number): number {
  return Math.min(longestBackOffMs, firstBackOffMs * 2 ** (failures - 1))
}
