import { type Happening } from '../model/happenings.ts'

/** `repeats`: how often it was said before, since it was let through last. Undefined: not now. */
export type Fold = (trouble: Extract<Happening, { readonly kind: 'trouble' }>) => { readonly repeats: number } | undefined

const windowMs = 60_000
const mostRemembered = 1000

/**
 * Lets the same trouble through once a minute: an API server that is down for an hour is one trouble, and 10,000 services
 * that each meet it are not 10,000. The same means: the same message, wherever it was met. `now` in ms.
 */
export function foldTroubles(now: () => number): Fold {
  const said = new Map<string, { at: number; repeats: number }>()
  return ({ message }) => {
    const at = now()
    const before = said.get(message)
    if (before !== undefined && Math.abs(at - before.at) < windowMs) {
      before.repeats += 1
      return undefined
    }
    if (said.size >= mostRemembered) said.clear()
    said.set(message, { at, repeats: 0 })
    return { repeats: before?.repeats ?? 0 }
  }
}
