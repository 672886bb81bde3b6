import { type Path } from './yaml-places.ts'

/** A fault or warning before its place in the text is looked up. */
export interface Found {
  readonly path: Path
  readonly on?: 'key' | 'value'
  readonly message: string
}

/** An element of a list or mapping with its path. Every field may hold anything, or nothing. */
export interface Entry<Key extends string> {
  readonly path: Path
  readonly value: Readonly<Partial<Record<Key, unknown>>>
}

/** Looks at a value as a mapping whose fields hold anything; the schema says apart from this what they should hold. */
export function fieldsOf<Key extends string>(value: unknown): Readonly<Partial<Record<Key, unknown>>> {
  return (isMapping(value) ? value : {}) as Partial<Record<Key, unknown>>
}

/** The mappings in a list. */
export function entriesOf<Key extends string>(list: unknown, path: Path): readonly Entry<Key>[] {
  if (!Array.isArray(list)) return []
  return list.flatMap((value: unknown, index) => isMapping(value) ? [{ path: [...path, index], value: fieldsOf<Key>(value) }] : [])
}

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const mostShown = 80

/** A value as a message shows it. */
export function show(value: unknown): string {
  if (typeof value === 'string') return showText(value)
  if (Array.isArray(value)) return value.length === 0 ? '[]' : 'a list'
  return isMapping(value) ? 'a mapping' : String(value)
}

function showText(text: string): string {
  const short = text.length > mostShown ? `${text.slice(0, mostShown)}…` : text
  // Quotes where the text would read as something else, or as nothing.
  const isPlain = /^[\w.:/@*%[\]-]+$/.test(short) && !/^(?:[\d.]+|true|false|null)$/.test(short)
  return isPlain || /^\d+\.\d+\.\d+/.test(short) ? short : JSON.stringify(short)
}
