import { type Clock } from './clock.ts'

/** What a clock drifts from another, or is nudged by NTP, without having jumped. */
const jumpMs = 1000

/**
 * Says of moments on the monotonic clock what time they have on the wall, in ms since the epoch. The same moment has the
 * same time until the wall clock jumps; then everything moves with it, so that an age stays what it is.
 */
export function wallTime(now: () => number, { elapsed }: Pick<Clock, 'elapsed'>): (moment: number) => number {
  let offset = now() - elapsed()
  return (moment) => {
    const current = now() - elapsed()
    if (Math.abs(current - offset) > jumpMs) offset = current
    return Math.round(moment + offset)
  }
}
