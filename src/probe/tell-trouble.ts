import { type Tell } from '../model/happenings.ts'

const minuteMs = 60_000

/** Tells once a minute, for each reason, that attempts could not be made: with no descriptors left it is all of them. */
export function tellTrouble(tell: Tell, now: () => number): (reason: string) => void {
  const toldAt = new Map<string, number>()
  return (reason) => {
    const at = now()
    if (at - (toldAt.get(reason) ?? -Infinity) < minuteMs) return
    toldAt.set(reason, at)
    tell({ kind: 'trouble', where: 'probe', message: `Could not probe, verdicts stand: ${reason}` })
  }
}
