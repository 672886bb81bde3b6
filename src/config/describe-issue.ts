import { closest, distance } from 'fastest-levenshtein'
import type * as z from 'zod'
import { type Found, isMapping, show } from './found.ts'
import { documentSchema } from './schema.ts'
import { type Path } from './yaml-places.ts'

type Issue = z.core.$ZodIssue

/** What one issue of the schema means for the person who wrote the file; several where several keys are unknown. */
export function describeIssue(issue: Issue, data: unknown): readonly Found[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(issue.path, key))
  const value = valueAt(data, issue.path)
  if (value === undefined) return [{ path: issue.path, message: `Missing key: ${String(issue.path.at(-1))}` }]
  const what = nameOf(issue.path)
  // What stands under headers may be a secret.
  const shown = issue.path.includes('headers') ? what : `${what} ${show(value)}`
  return [{ path: issue.path, message: `Cannot use ${value === null ? `${what} without a value` : shown}: ${phraseOf(issue, value)}` }]
}

const expectations: Readonly<Record<string, string>> = {
  string: 'must be text',
  boolean: 'must be true or false',
  array: 'must be a list',
  object: 'must be a mapping',
  record: 'must be a mapping',
}

function phraseOf(issue: Issue, value: unknown): string {
  if (issue.code === 'invalid_value') return `must be ${inWords(issue.values.map(String))}`
  if (issue.code !== 'invalid_type' || isNumeric(issue.expected)) return issue.message
  const isBare = issue.expected === 'string' && (typeof value === 'number' || typeof value === 'boolean')
  return isBare ? 'must be text: put it in quotes' : expectations[issue.expected] ?? issue.message
}

function isNumeric(expected: string): boolean {
  return expected === 'int' || expected === 'number'
}

function inWords(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1) ?? ''}`
}

const singular: Readonly<Record<string, string>> = {
  services: 'service',
  ports: 'port',
  targets: 'target',
  labels: 'label',
  annotations: 'annotation',
  headers: 'header',
  nameservers: 'nameserver',
  allowedCIDRs: 'allowed CIDR',
  deniedCIDRs: 'denied CIDR',
  expectedStatuses: 'expected status',
}

/** What a message calls the thing at a path: its key, or the singular of the list or mapping that holds it. */
export function nameOf(path: Path): string {
  const last = path.at(-1)
  const holder = singular[String(path.at(-2))]
  if (last === undefined) return 'config'
  if (typeof last === 'number') return holder ?? String(path.at(-2))
  return holder === undefined ? String(last) : `${holder} ${String(last)}`
}

function unknownKey(path: Path, key: string): Found {
  const place = { path: [...path, key], on: 'key' } as const
  if (/selector$/i.test(key)) return { ...place, message: `Cannot use ${key}: Services here have no selector, their endpoints come from targets` }
  const known = knownKeys(path)
  const nearest = nearestOf(key, known)
  const hint = nearest === undefined ? `must be ${inWords(known.sort())}` : `did you mean ${nearest}?`
  return { ...place, message: `Unknown key ${show(key)}: ${known.length === 0 ? 'nothing can be set here' : hint}` }
}

/** The known name that was probably meant, if one is near. */
export function nearestOf(given: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined
  const nearest = closest(given.toLowerCase(), known.map((name) => name.toLowerCase()))
  const isNear = distance(given.toLowerCase(), nearest) <= Math.max(2, Math.floor(nearest.length / 3))
  return isNear ? known.find((name) => name.toLowerCase() === nearest) : undefined
}

function knownKeys(path: Path): string[] {
  let schema: unknown = documentSchema
  for (const segment of path) schema = childOf(bare(schema), segment)
  const { shape } = definitionOf(bare(schema))
  return isMapping(shape) ? Object.keys(shape) : []
}

function childOf(schema: unknown, segment: PropertyKey): unknown {
  const { shape, element } = definitionOf(schema)
  return isMapping(shape) ? shape[String(segment)] : element
}

/** Without the wrappers that optional() and default() are. */
function bare(schema: unknown): unknown {
  const { innerType } = definitionOf(schema)
  return innerType === undefined ? schema : bare(innerType)
}

function definitionOf(schema: unknown): Readonly<Record<string, unknown>> {
  return isMapping(schema) && isMapping(schema['def']) ? schema['def'] : {}
}

function valueAt(data: unknown, path: Path): unknown {
  let value = data
  for (const segment of path) value = typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[segment] : undefined
  return value
}
