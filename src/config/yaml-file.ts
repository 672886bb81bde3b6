import { type Document, isScalar, LineCounter, parseAllDocuments, type YAMLError } from 'yaml'
import { type Fault, type Position } from './config-fault.ts'
import { aliasTargets, badMerges, offsetFinder, type Path, startOf } from './yaml-places.ts'

type At = (offset: number) => Position

export interface YamlDocument {
  readonly data: unknown
  /** The key or value at a path; where the path ends early, the node that lacks the rest. */
  readonly locate: (path: Path, on?: 'key' | 'value') => Position
}

export interface YamlFile {
  /** Documents that hold something; none when the text cannot be trusted. */
  readonly documents: readonly YamlDocument[]
  readonly faults: readonly Fault[]
}

const options = {
  merge: true,
  // `1.10: x` stays the key 1.10, and a mapping as a key is an error instead of a warning on the console.
  stringKeys: true,
  prettyErrors: false,
  logLevel: 'silent',
} as const

// The library's 100 is reached by 101 services that share one anchor. Aliases share one object here and nothing
// walks deeper than the schema, so this bound is only against files made to exhaust.
const maxAliasCount = 1_000_000

/** Reads a file of one or more YAML documents, with every syntax fault in it. */
export function parseYaml(file: string, text: string): YamlFile {
  const lines = new LineCounter()
  const parsed = parseAllDocuments(text, { ...options, lineCounter: lines })
  const at: At = (offset) => {
    const { line, col } = lines.linePos(Math.max(0, offset))
    return { file, line: Math.max(1, line), column: Math.max(1, col) }
  }
  if ('empty' in parsed) return { documents: [], faults: [...parsed.errors.map((error) => syntaxFault(error, text, at)), emptyFault(at)] }
  const faults = parsed.flatMap((document) => [...document.errors, ...document.warnings].map((error) => syntaxFault(error, text, at)))
  const documents: YamlDocument[] = []
  for (const document of parsed) readDocument(document, at, documents, faults)
  if (documents.length === 0 && faults.length === 0) faults.push(emptyFault(at))
  return { documents, faults }
}

function readDocument(document: Document.Parsed, at: At, documents: YamlDocument[], faults: Fault[]): void {
  // After any other error the tree is a guess, and faults found in it would only mislead.
  if (document.errors.some(({ code }) => code !== 'DUPLICATE_KEY') || isBlank(document)) return
  const offsetOf = offsetFinder(document)
  try {
    documents.push({ data: document.toJS({ maxAliasCount }), locate: (path, on) => at(offsetOf(path, on)) })
  } catch (error) {
    const found = [...unresolvedAliases(document, at), ...badMergeFaults(document, at)]
    const message = `Cannot read YAML: ${reasonOf(error)}`
    faults.push(...(found.length > 0 ? found : [{ ...at(document.contents?.range[0] ?? 0), message }]))
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof RangeError) return 'a mapping merges itself, or the nesting is too deep'
  return error instanceof Error ? error.message : String(error)
}

function isBlank(document: Document.Parsed): boolean {
  return document.contents === null || (isScalar(document.contents) && document.contents.value === null)
}

function emptyFault(at: At): Fault {
  return { ...at(0), message: 'Cannot use an empty config: nothing is declared in it' }
}

function syntaxFault(error: YAMLError, text: string, at: At): Fault {
  const [offset] = error.pos
  if (error.code === 'NON_STRING_KEY') return { ...at(offset), message: 'Cannot use a mapping or list as a key: must be text' }
  if (error.code !== 'DUPLICATE_KEY') return { ...at(offset), message: `Cannot read YAML: ${error.message}` }
  const key = /^[^\s:,{}[\]]*/.exec(text.slice(offset, offset + 80))?.[0] ?? ''
  return { ...at(offset), message: `Duplicate key ${key}: it stands twice in one mapping` }
}

function unresolvedAliases(document: Document.Parsed, at: At): Fault[] {
  return [...aliasTargets(document)].filter(([, target]) => target === undefined)
    .map(([alias]) => ({ ...at(startOf(alias)), message: `Unresolved alias *${alias.source}: no anchor of that name stands before it` }))
}

function badMergeFaults(document: Document.Parsed, at: At): Fault[] {
  return badMerges(document).map((key) => ({ ...at(startOf(key)), message: 'Cannot merge with <<: its value must be a mapping or a list of mappings' }))
}
