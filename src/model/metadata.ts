// Labels and annotations: ours are put on and taken off, those of others stay.

import { instanceLabel, managedBy, managedByLabel } from './marks.ts'

export type Strings = Readonly<Record<string, string>>

/** The marks that every object of ours carries. */
export function ownMarks(instance: string): Strings {
  return { [managedByLabel]: managedBy, [instanceLabel]: instance }
}

export function without(strings: Strings | null | undefined, keys: readonly string[]): Strings {
  const all = strings ?? {}
  return keys.some((key) => Object.hasOwn(all, key)) ? Object.fromEntries(Object.entries(all).filter(([key]) => !keys.includes(key))) : all
}

/** No empty map where there was none: it would be a change that the server drops, for ever. */
export function annotationsOf(annotations: Strings, before: Strings | null | undefined): { annotations?: Strings } {
  return Object.keys(annotations).length === 0 && (before === undefined || before === null) ? {} : { annotations }
}
