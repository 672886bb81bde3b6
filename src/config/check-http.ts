import { type Found, fieldsOf, isMapping, show } from './found.ts'
import { type Path } from './yaml-places.ts'

// RFC 9110's token. Not node:http's validateHeaderName: that import alone loads undici and triples the start of `validate`.
const headerName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const secretHeader = /^(?:proxy-)?authorization$|^cookie$|api-?key|token|secret|password/i

/** What is wrong with the headers of an HTTP check. A value is never printed: it may be the secret. */
export function checkHeaders(http: unknown, path: Path): Found[] {
  const { headers } = fieldsOf<'headers'>(http)
  if (!isMapping(headers)) return []
  const seen = new Set<string>()
  return Object.entries(headers).flatMap(([name, value]): Found[] => {
    const phrase = headerPhrase(name, value, seen)
    seen.add(name.toLowerCase())
    return phrase === undefined ? [] : [{ path: [...path, 'headers', name], on: 'key', message: `Cannot use header ${show(name)}${phrase}` }]
  })
}

function headerPhrase(name: string, value: unknown, seen: ReadonlySet<string>): string | undefined {
  if (!headerName.test(name)) return ': is not a header name'
  if (name.toLowerCase() === 'host') return ': it is written as host of the check'
  if (seen.has(name.toLowerCase())) return ' twice: upper and lower case are the same'
  const isClear = typeof value === 'string' && secretHeader.test(name)
  return isClear ? ' in clear text: a secret is written as { file: PATH } or { env: NAME }' : undefined
}

const httpsOnly = ['caFile', 'serverName', 'verify'] as const

/** Keys that only HTTPS reads, where the scheme is HTTP: probably a forgotten scheme. */
export function warnOfHttpsKeys(http: unknown, path: Path): Found[] {
  const fields = fieldsOf<'scheme' | (typeof httpsOnly)[number]>(http)
  if ((fields.scheme ?? 'HTTP') !== 'HTTP') return []
  return httpsOnly.filter((key) => fields[key] !== undefined)
    .map((key) => ({ path: [...path, key], on: 'key', message: `Key ${key} has no effect: the scheme is HTTP` }))
}
