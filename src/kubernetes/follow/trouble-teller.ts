import { type Tell } from '../../model/happenings.ts'

/** Tells a trouble once, however many collections are in it: where a server is away, all of them are. */
export function troubleTeller(tell: Tell): (what: string, message: string | undefined) => void {
  const current = new Map<string, string>()
  return (what, message) => {
    const isKnown = [...current.values()].some((other) => other === message)
    if (message === undefined) current.delete(what)
    else current.set(what, message)
    if (message !== undefined && !isKnown) tell({ kind: 'trouble', where: `Watch of ${what}`, message })
  }
}
