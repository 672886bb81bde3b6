import { type Found, isMapping, show } from './found.ts'
import { qualifiedName } from './name-rules.ts'
import { type Path } from './yaml-places.ts'

const reserved = ['kubernetes.io', 'k8s.io', 'endpoint-registrar.io']
// The API takes 256 KiB on an object, and the registrar's own annotations repeat the keys.
const mostAnnotationBytes = 128 * 1024

/** What is wrong with the keys of labels or annotations, and with the size of annotations. */
export function checkMetadata(kind: 'label' | 'annotation', entries: unknown, path: Path): Found[] {
  if (!isMapping(entries)) return []
  const found = Object.keys(entries).flatMap((key): Found[] => {
    const phrase = keyPhrase(key)
    return phrase === undefined ? [] : [{ path: [...path, key], on: 'key', message: `Cannot use ${kind} ${show(key)}: ${phrase}` }]
  })
  const bytes = kind === 'annotation' ? bytesOf(entries) : 0
  if (bytes > mostAnnotationBytes) found.push({ path, on: 'key', message: `Cannot use annotations of ${bytes} bytes: must be at most ${mostAnnotationBytes}` })
  return found
}

function keyPhrase(key: string): string | undefined {
  if (!qualifiedName.pattern.test(key)) return qualifiedName.phrase
  const prefix = key.includes('/') ? key.slice(0, key.indexOf('/')) : ''
  const owner = reserved.find((domain) => prefix === domain || prefix.endsWith(`.${domain}`))
  return owner === undefined ? undefined : `the prefix ${owner} is reserved`
}

function bytesOf(entries: Readonly<Record<string, unknown>>): number {
  return Object.entries(entries).reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + (typeof value === 'string' ? Buffer.byteLength(value) : 0), 0)
}
