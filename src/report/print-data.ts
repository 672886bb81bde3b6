import { stringify } from 'yaml'

/** For machines: the whole value, stable key order as built. */
export function printData(value: unknown, format: 'json' | 'yaml'): string {
  return format === 'json' ? JSON.stringify(value, null, 2) : stringify(value, { aliasDuplicateObjects: false }).trimEnd()
}
