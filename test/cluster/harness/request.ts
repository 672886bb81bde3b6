import { readFile } from 'node:fs/promises'
import { Agent, request as send } from 'undici'
import { type Connection } from './connection.ts'

export interface Answer {
  readonly status: number
  /** The parsed JSON, or the text where it is none. */
  readonly body: unknown
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

export interface RequestOptions {
  /** An object becomes JSON; a string is sent as it is. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/** What a request needs of a connection. */
export type Reach = Pick<Connection, 'server' | 'caFile' | 'token' | 'clientCertificate'>

const agents = new Map<string, Agent>()

/** One plain request to an API server. Any status is an answer; it rejects only when there is none. */
export async function request(reach: Reach, method: string, path: string, options: RequestOptions = {}): Promise<Answer> {
  const { body } = options
  const answer = await send(new URL(path, reach.server), {
    dispatcher: await agentOf(reach),
    method: method as 'GET',
    headers: {
      'user-agent': 'cluster-harness',
      ...(reach.token === undefined ? {} : { authorization: `Bearer ${reach.token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...options.headers,
    },
    body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
    signal: options.signal ?? AbortSignal.timeout(30_000),
  })
  return { status: answer.statusCode, body: parsed(await answer.body.text()), headers: answer.headers }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

async function agentOf({ server, caFile, clientCertificate }: Reach): Promise<Agent> {
  const key = `${server} ${caFile}`
  const known = agents.get(key)
  if (known !== undefined) return known
  const ca = await readFile(caFile, 'utf8')
  // kube-apiserver creates the file and then writes it. Without a certificate Node trusts the world's authorities, and an
  // agent that is kept would refuse this server for ever.
  if (!ca.includes('-----END CERTIFICATE-----')) throw new Error(`No certificate in ${caFile}`)
  const agent = new Agent({ connect: { ca, ...clientCertificate }, keepAliveTimeout: 1000 })
  agents.set(key, agent)
  return agent
}

/** Breaks every connection, with whatever is under way on it: the next request begins with nothing of before. */
export async function dropConnections(): Promise<void> {
  const dropped = [...agents.values()]
  agents.clear()
  await Promise.all(dropped.map((agent) => agent.destroy()))
}

/** Closes every idle connection, so that a process can end. */
export async function closeRequests(): Promise<void> {
  await Promise.all([...agents.values()].map((agent) => agent.close()))
  agents.clear()
}
