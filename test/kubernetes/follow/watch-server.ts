import { type ServerResponse } from 'node:http'
import { answerJSON, misbehavingServer, type MisbehavingServer } from '../misbehaving-server.ts'

/** What one watch or list asked for. */
export interface Asked {
  readonly query: URLSearchParams
  readonly authorization: string | undefined
  readonly response: ServerResponse
  /** 1 at the first of its sort. */
  readonly count: number
}

export interface WatchServer extends MisbehavingServer {
  readonly lists: () => readonly Asked[]
  readonly watches: () => readonly Asked[]
}

export interface Script {
  readonly list: (asked: Asked) => void
  readonly watch: (asked: Asked) => void
}

/** An API server with one collection that answers lists and watches as it is told. */
export async function watchServer(script: Script, options: { readonly user?: object } = {}): Promise<WatchServer> {
  const lists: Asked[] = []
  const watches: Asked[] = []
  const server = await misbehavingServer((request, response) => {
    const query = new URL(request.url ?? '', 'http://server').searchParams
    const isWatch = query.get('watch') === 'true'
    const all = isWatch ? watches : lists
    const asked = { query, authorization: request.headers.authorization, response, count: all.length + 1 }
    all.push(asked)
    if (isWatch) script.watch(asked)
    else script.list(asked)
  }, options)
  return { ...server, lists: () => lists, watches: () => watches }
}

/** `name@version` of each item. */
export function answerList({ response }: Asked, version: string, items: readonly string[], more = ''): void {
  answerJSON(response, 200, { items: items.map(objectOf), metadata: { resourceVersion: version, ...(more !== '' && { continue: more }) } })
}

/** Says yes to a watch, and sends these lines at once. */
export function openWatch({ response }: Asked, ...lines: readonly string[]): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.write(lines.join(''))
  response.flushHeaders()
}

export function line(type: string, item: string): string {
  return `${JSON.stringify({ type, object: objectOf(item) })}\n`
}

export function bookmark(version: string): string {
  return `${JSON.stringify({ type: 'BOOKMARK', object: { metadata: { resourceVersion: version } } })}\n`
}

export function errorLine(code: number, message: string): string {
  return `${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code, reason: 'Expired', message } })}\n`
}

function objectOf(item: string): object {
  const [name, resourceVersion] = item.split('@')
  return { metadata: { namespace: 'shop', name, uid: `uid-${name ?? ''}`, resourceVersion } }
}
