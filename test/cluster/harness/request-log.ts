import { open, stat } from 'node:fs/promises'
import { cluster } from './cluster.ts'
import { type Connection } from './connection.ts'

/** One request as the API server received it. */
export interface LoggedRequest {
  readonly verb: string
  /** With the subresource where there is one: `services/status`. Empty for paths such as /version. */
  readonly resource: string
  readonly namespace: string
  readonly name: string
  readonly user: string
  readonly userAgent: string
  readonly uri: string
}

/** Which requests are meant. All that is given has to hold; every run shares the cluster, so say whose they are. */
export interface RequestFilter {
  readonly user?: string
  /** How the user agent begins. */
  readonly userAgent?: string
  readonly namespace?: string
}

export interface RequestCount {
  readonly requests: readonly LoggedRequest[]
  /** `verb resource` -> how often: `{ 'create services': 1, 'list endpointslices': 2 }`. */
  readonly counts: Readonly<Record<string, number>>
  /** How many of them write. */
  readonly writes: number
}

/** A place in the API server's request log. */
export type RequestMark = number

const writing = new Set(['create', 'update', 'patch', 'delete', 'deletecollection'])

/** The place after everything that was received so far. */
export async function requestMark(connection: Connection = cluster()): Promise<RequestMark> {
  return (await stat(logOf(connection))).size
}

/**
 * The requests received since the mark. Exact for every request that was answered: the API server writes the line before
 * it begins with the work. Needs the capability `requestLog`.
 */
export async function requestsSince(mark: RequestMark, filter: RequestFilter, connection: Connection = cluster()): Promise<RequestCount> {
  const requests = (await linesFrom(logOf(connection), mark)).map(parsed).filter((request) => matches(request, filter))
  const counts: Record<string, number> = {}
  for (const { verb, resource, uri } of requests) {
    const key = `${verb} ${resource === '' ? (uri.split('?')[0] ?? uri) : resource}`
    counts[key] = (counts[key] ?? 0) + 1
  }
  return { requests, counts, writes: requests.filter(({ verb }) => writing.has(verb)).length }
}

function logOf(connection: Connection): string {
  if (connection.auditLog === undefined) throw new Error('This cluster has no request log: ask for the capability requestLog')
  return connection.auditLog
}

/** Up to the last line feed: the line after it is still being written. */
async function linesFrom(file: string, offset: number): Promise<readonly string[]> {
  await using handle = await open(file)
  const { size } = await handle.stat()
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(Math.max(0, size - offset)), 0, Math.max(0, size - offset), offset)
  return buffer.subarray(0, bytesRead).toString('utf8').split('\n').slice(0, -1)
}

interface AuditEvent {
  readonly verb: string
  readonly requestURI: string
  readonly userAgent?: string
  readonly user: { readonly username?: string }
  readonly objectRef?: Partial<Record<'resource' | 'subresource' | 'namespace' | 'name', string>>
}

function parsed(line: string): LoggedRequest {
  const { verb, requestURI, userAgent = '', user, objectRef = {} } = JSON.parse(line) as AuditEvent
  const { resource = '', subresource, namespace = '', name = '' } = objectRef
  return {
    verb, resource: subresource === undefined ? resource : `${resource}/${subresource}`, namespace, name,
    user: user.username ?? '', userAgent, uri: requestURI,
  }
}

function matches(request: LoggedRequest, { user, userAgent, namespace }: RequestFilter): boolean {
  return (user === undefined || request.user === user)
    && (userAgent === undefined || request.userAgent.startsWith(userAgent))
    && (namespace === undefined || request.namespace === namespace)
}
