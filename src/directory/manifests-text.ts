import { isScalar, stringify, type Pair, type ScalarTag } from 'yaml'
import { serviceNameLabel } from '../model/marks.ts'
import { type Kind, type ManagedObject } from '../model/objects.ts'
import { withoutClusterFields } from './without-cluster-fields.ts'

const header = '# Written by endpoint-registrar from its config: change that, not this.\n'

/**
 * Objects as YAML documents that `kubectl apply -f` takes, under one header comment. The same objects give the same
 * text, in whichever order they and their fields come; none give the header alone.
 */
export function manifestsText(objects: readonly ManagedObject[]): string {
  const documents = objects.map((object) => ({ object, place: placeOf(object) })).sort((a, b) => compare(a.place, b.place))
  return header + documents.map(({ object }) => stringify(withoutClusterFields(object), {
    customTags: (tags) => [quotedString, ...tags.filter((tag) => typeof tag === 'string' || tag.tag !== quotedString.tag)],
    sortMapEntries: compareEntries, aliasDuplicateObjects: false, lineWidth: 0,
  })).join('---\n')
}

const kinds: readonly Kind[] = ['Service', 'EndpointSlice', 'Endpoints']

/** What belongs to one service stands together. */
function placeOf({ kind, metadata }: ManagedObject): string {
  const service = kind === 'EndpointSlice' ? metadata.labels?.[serviceNameLabel] : metadata.name
  return [metadata.namespace, service ?? metadata.name, kinds.indexOf(kind), metadata.name].join('/')
}

// kubectl reads YAML 1.1, where an unquoted `on` is a boolean, `010` is eight and U+2028 ends the line:
// only what is a plain word in every version stands without quotes.
const quotedString: ScalarTag = {
  tag: 'tag:yaml.org,2002:str',
  default: true,
  identify: (value) => typeof value === 'string',
  resolve: (text) => text,
  stringify: ({ value }) => quoted(String(value)),
}

const notWords = new Set(['y', 'n', 'yes', 'no', 'on', 'off', 'true', 'false', 'null'])

function quoted(text: string): string {
  if (/^[A-Za-z][\w./-]*$/.test(text) && !notWords.has(text.toLowerCase())) return text
  if (/^[ -~]*"[ -~]*$/.test(text)) return `'${text.replaceAll("'", "''")}'`
  return JSON.stringify(text).replace(/[^ -~\p{L}\p{M}\p{N}\p{P}\p{S}]/gu, escaped)
}

/** Eight digits beyond the BMP: a pair of surrogates is JSON's way and no YAML. */
function escaped(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16)
  return hex.length > 4 ? `\\U${hex.padStart(8, '0')}` : `\\u${hex.padStart(4, '0')}`
}

const leading = ['apiVersion', 'kind', 'metadata', 'name', 'namespace', 'labels', 'annotations']

function compareEntries(a: Pair, b: Pair): number {
  const [left, right] = [keyOf(a), keyOf(b)]
  return rank(left) - rank(right) || compare(left, right)
}

function keyOf({ key }: Pair): string {
  return String(isScalar(key) ? key.value : key)
}

function rank(key: string): number {
  const index = leading.indexOf(key)
  return index === -1 ? leading.length : index
}

/** By code units: a locale would make the files depend on the machine. */
function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1
}
