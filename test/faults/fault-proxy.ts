// Between one registrar and its API server: passes everything through, and misbehaves on command.

import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { type IncomingMessage, type ServerResponse } from 'node:http'
import { Agent, createServer, request as send, type Server } from 'node:https'
import { type AddressInfo, type Socket } from 'node:net'
import { selfSigned } from '../probe/self-signed.ts'
import { type Connection } from '../cluster/harness/connection.ts'

/** One request, before it is sent on. */
export interface Asked {
  readonly method: string
  readonly path: string
  readonly isWatch: boolean
  readonly isWrite: boolean
}

/** A write that went to the server. */
export interface SentWrite extends Asked {
  /** The process that sent it, as it stands for election. */
  readonly sender: string
  /** ms of performance.now(). */
  readonly sentAt: number
  answeredAt?: number
  status?: number
  /** Of the object as it was stored. */
  resourceVersion?: string
  /** The lease's holder, where it is a lease. */
  holder?: string
}

export interface Exchange {
  readonly asked: Asked
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Sends it on; the answer goes to `deliver` (default: as it comes). */
  readonly forward: (deliver?: (answer: IncomingMessage) => void) => void
}

/** What is done with a request instead of passing it through; false passes it through all the same. */
export type Misbehaviour = (exchange: Exchange) => boolean

export interface FaultProxy {
  readonly server: string
  readonly ca: string
  /** Whom the connections that are made from now on belong to. */
  sender: string
  /** What a client has to present; others get 401. */
  token: string
  misbehaviour: Misbehaviour | undefined
  /** Called with each write before it is sent on. */
  onWrite: ((asked: Asked) => void) | undefined
  readonly writes: readonly SentWrite[]
  /** Refuses connections and breaks those that stand; the returned function lets them in again. */
  cut(): Promise<() => Promise<void>>
  /** From now on nothing that comes over the watches that stand is passed on. */
  silenceWatches(): void
}

const writing = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

/** Starts one in front of `to`, which it asks with `token`. */
export async function startFaultProxy(to: Connection, token: string): Promise<FaultProxy> {
  const certificate = selfSigned({ ip: [[127, 0, 0, 1]] })
  const agent = new Agent({ keepAlive: true, ca: await readFile(to.caFile, 'utf8') })
  const sockets = new Set<Socket>()
  const senders = new WeakMap<object, string>()
  const silenced = { generation: 0 }
  const writes: SentWrite[] = []
  const server: Server = createServer({ key: certificate.key, cert: certificate.cert, keepAliveTimeout: 60_000 })
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined)
  })
  server.on('secureConnection', (socket) => {
    senders.set(socket, proxy.sender)
    socket.on('error', () => undefined)
  })
  server.on('request', (request, response) => {
    const asked = askedOf(request)
    response.on('error', () => undefined)
    request.on('error', () => undefined)
    if (request.headers.authorization !== `Bearer ${proxy.token}`) {
      answerStatus(response, 401, 'Unauthorized')
      return
    }
    const body = bodyOf(request)
    const exchange: Exchange = {
      asked, request, response,
      forward: (deliver = (answer) => { pass(answer, response, asked.isWatch ? { silenced, born: silenced.generation } : undefined) }) => {
        void body.then((bytes) => { forward(exchange, bytes, deliver) }, () => { response.destroy() })
      },
    }
    if (proxy.misbehaviour?.(exchange) === true) return
    exchange.forward()
  })

  function forward({ asked, request, response }: Exchange, body: Buffer, deliver: (answer: IncomingMessage) => void): void {
    if (asked.isWrite) proxy.onWrite?.(asked)
    // What its process was ended for is not sent on in its name.
    if (response.destroyed || request.socket.destroyed) return
    const headers = { ...request.headers, authorization: `Bearer ${token}`, 'content-length': body.length }
    const write: SentWrite | undefined = asked.isWrite ? { ...asked, sender: senders.get(request.socket) ?? '', sentAt: performance.now() } : undefined
    if (write !== undefined) writes.push(write)
    const sent = send(new URL(asked.path, to.server), { method: asked.method, headers, agent: asked.isWatch ? false : agent, ca: agent.options.ca ?? '' }, (answer) => {
      answer.on('error', () => { response.destroy() })
      if (write !== undefined) note(write, answer)
      deliver(answer)
    })
    sent.on('error', () => { response.destroy() })
    response.on('close', () => { if (asked.isWatch) sent.destroy() })
    sent.end(body)
  }

  const listen = async (port: number): Promise<number> => {
    await once(server.listen(port, '127.0.0.1'), 'listening')
    return (server.address() as AddressInfo).port
  }
  const port = await listen(0)
  const proxy: FaultProxy = {
    server: `https://127.0.0.1:${port}`, ca: certificate.cert, sender: '', token: 'token-1', misbehaviour: undefined, onWrite: undefined, writes,
    async cut() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
      return async () => { await listen(port) }
    },
    silenceWatches: () => { silenced.generation++ },
  }
  return proxy
}

function askedOf({ method = 'GET', url = '/' }: IncomingMessage): Asked {
  return { method, path: url, isWatch: /[?&]watch=(true|1)/.test(url), isWrite: writing.has(method) }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function pass(answer: IncomingMessage, response: ServerResponse, watch: { readonly silenced: { readonly generation: number }; readonly born: number } | undefined): void {
  if (response.destroyed) { answer.resume(); return }
  response.writeHead(answer.statusCode ?? 502, answer.headers)
  response.flushHeaders()
  const isSilent = (): boolean => watch !== undefined && watch.born < watch.silenced.generation
  answer.on('data', (chunk: Buffer) => { if (!isSilent()) response.write(chunk) })
  answer.on('end', () => { if (!isSilent()) response.end() })
}

/** What the server made of a write, whatever becomes of the answer on its way. */
function note(write: SentWrite, answer: IncomingMessage): void {
  const chunks: Buffer[] = []
  answer.on('data', (chunk: Buffer) => { chunks.push(chunk) })
  answer.on('end', () => {
    write.answeredAt = performance.now()
    write.status = answer.statusCode ?? 0
    const stored = parsed(Buffer.concat(chunks).toString('utf8'))
    if (write.status >= 300) return
    if (stored.kind !== 'Status' && stored.metadata?.resourceVersion !== undefined) write.resourceVersion = stored.metadata.resourceVersion
    if (stored.kind === 'Lease') write.holder = stored.spec?.holderIdentity ?? ''
  })
}

interface Stored { readonly kind?: string; readonly metadata?: { readonly resourceVersion?: string }; readonly spec?: { readonly holderIdentity?: string } }

function parsed(text: string): Stored {
  try {
    return JSON.parse(text) as Stored
  } catch {
    return {}
  }
}

/** Answers as an API server does that refuses. */
export function answerStatus(response: ServerResponse, code: number, reason: string, headers: Readonly<Record<string, string>> = {}): void {
  const status = { apiVersion: 'v1', kind: 'Status', status: 'Failure', message: `${reason}: by command of the fault proxy`, reason, code, metadata: {} }
  response.writeHead(code, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(status))
}
