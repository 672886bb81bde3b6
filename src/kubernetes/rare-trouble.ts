import { type Tell } from '../model/happenings.ts'

const pauseMs = 60_000

/** Tells of what goes wrong again and again at most once a minute. `now` is ms of a monotonic clock. */
export function rareTrouble(tell: Tell, where: string, now: () => number): (error: unknown) => void {
  let toldAt = -Infinity
  return (error) => {
    if (now() - toldAt < pauseMs) return
    toldAt = now()
    tell({ kind: 'trouble', where, message: error instanceof Error ? error.message : String(error) })
  }
}
