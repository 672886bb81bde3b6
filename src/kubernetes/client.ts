import pLimit from 'p-limit'
import type { Dispatcher } from 'undici'
import { TargetUnreachable } from '../model/ports.ts'
import { atTheWire } from './at-the-wire.ts'
import { ClusterError, networkFailure, refusal } from './cluster-error.ts'
import { credentials, type Pass } from './credentials.ts'
import { type KubeConfigChoice, loadKubeConfig } from './kube-config.ts'
import { readStream, type StreamReader } from './read-stream.ts'
import { defaultPace, type Pace, retry } from './retry.ts'
import { unlessAborted } from '../model/unless-aborted.ts'
import { within } from './within.ts'

export interface ClientOptions extends KubeConfigChoice {
  readonly connections?: number
  readonly userAgent?: string
  readonly pace?: Partial<Pace>
  /** Told of each try that was sent; without a status no answer came. */
  readonly onAnswer?: (answer: { readonly method: string; readonly status?: number; readonly seconds: number }) => void
}

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Path below the server's URL, such as `/api/v1/services`. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
  /**
   * How many ms a try may take from now on; asked again when it is about to be written to its connection. At 0 it is not
   * sent, and the call fails with the reason `NotLeading`: what a leader may do is over with its lease.
   */
  readonly windowMs?: () => number
}

/** Raw JSON over one shared pool; typed models would drop what they do not know of an object. */
export interface KubernetesClient {
  readonly server: URL
  /** The namespace of the context, in a Pod its own. */
  readonly namespace: string | undefined
  /** The answer's JSON. Rejects with ClusterError, or with the signal's reason. */
  call(call: Call, signal: AbortSignal): Promise<unknown>
  /**
   * Reads an answer as it comes and for as long as it comes, over a connection of its own: watches would use up those of
   * the calls. One try. Resolves when the server ends it; rejects with ClusterError, or at once with the signal's reason.
   */
  stream(call: Call, reader: StreamReader, signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

/** Joins the cluster that the kubeconfig (or the Pod) names. Nothing is sent yet. Throws TargetUnreachable without one. */
export function kubernetesClient(options: ClientOptions = {}): KubernetesClient {
  const { connections = 32, userAgent = 'endpoint-registrar', onAnswer = () => undefined } = options
  const pace: Pace = { ...defaultPace, ...options.pace }
  const config = loadKubeConfig(options)
  const server = serverOf(config.getCurrentCluster()?.server ?? '')
  const ways = { load: () => loadKubeConfig(options), waitMs: pace.credentialsMs }
  const access = credentials({ ...ways, connections })
  // HTTP/1.1, a socket each: one that hangs or is cut takes no other watch with it, and the pool opens as many as it needs.
  const streams = credentials({ ...ways, connections: null })
  // Waiting for a slot must not eat the deadline of a call that was never sent.
  const limit = pLimit(connections)
  let isContacted = false

  // undici hears of an abort only once it is connected.
  const sendCall = (call: Call) => (pass: Pass, signal: AbortSignal) =>
    unlessAborted(dispatcherOf(call, pass).request({ ...messageOf(server, call), headers: headersOf(call, pass, userAgent), signal }), signal)
  const told = async <Answer extends { readonly response: Dispatcher.ResponseData }>({ method }: Call, work: () => Promise<Answer>): Promise<Answer> => {
    const startedAt = performance.now()
    const tell = (status: { readonly status?: number }): void => { onAnswer({ method, ...status, seconds: (performance.now() - startedAt) / 1000 }) }
    try {
      const answer = await work()
      tell({ status: answer.response.statusCode })
      return answer
    } catch (error) {
      if (!(error instanceof ClusterError)) tell({})
      throw error
    }
  }
  const send = async (call: Call, pass: Pass, signal: AbortSignal): Promise<unknown> => {
    const { response, text } = await told(call, () => within(Math.min(pace.timeoutMs, windowOf(call)), signal, notAnswered, async (deadline) => {
      const answer = await sendCall(call)(pass, deadline)
      return { response: answer, text: await answer.body.text() }
    }))
    isContacted = true
    if (response.statusCode >= 200 && response.statusCode <= 299) return parseAnswer(text, server)
    throw refusal(response.statusCode, text, [response.headers['retry-after']].flat()[0])
  }

  /** One try; where the server does not know us, once more with new credentials. */
  const attempt = async (call: Call, signal: AbortSignal): Promise<unknown> => {
    signal.throwIfAborted()
    const pass = await access.current(signal)
    try {
      return await send(call, pass, signal)
    } catch (error) {
      if (!(error instanceof ClusterError && error.status === 401)) throw error
      access.renew(pass)
      return await send(call, await access.current(signal), signal)
    }
  }

  const judge = (error: unknown): { failure: ClusterError; mostTries: number } | undefined => {
    const failure = error instanceof ClusterError ? error : networkFailure(error, server.host)
    // A wrong address in a kubeconfig is told soon; a server that has answered before is worth waiting for.
    const isFirstContact = failure?.status === undefined && !isContacted
    return failure && { failure, mostTries: isFirstContact ? Math.min(2, pace.tries) : pace.tries }
  }

  return {
    server,
    namespace: config.getContextObject(config.getCurrentContext())?.namespace,
    call: (call, signal) => retry(() => limit(() => attempt(call, signal)), judge, pace, signal),
    stream: (call, reader, signal) => readStream({ host: server.host, access: streams, timeoutMs: pace.timeoutMs, send: sendCall(call) }, reader, signal),
    close: async () => { await Promise.all([access.close(), streams.close()]) },
  }
}

function notAnswered(): Error {
  return new DOMException('Not answered in time', 'TimeoutError')
}

function serverOf(server: string): URL {
  try {
    return new URL(server)
  } catch {
    throw new TargetUnreachable(`Kubeconfig has a server that is not a URL: ${server}`)
  }
}

/** What is left of a call's window. Throws where nothing is. */
function windowOf({ windowMs }: Call): number {
  const leftMs = windowMs?.() ?? Infinity
  if (leftMs <= 0) throw new ClusterError('Not sent: no longer leading', { reason: 'NotLeading', retryable: false })
  return leftMs
}

function dispatcherOf(call: Call, { dispatcher }: Pass): Dispatcher {
  return call.windowMs === undefined ? dispatcher : atTheWire(dispatcher, () => { windowOf(call) })
}

/** The server's URL can have a path of its own, as behind Rancher. */
function messageOf(server: URL, { method, path, query, body }: Call): Pick<Dispatcher.RequestOptions, 'origin' | 'method' | 'path' | 'body'> {
  const search = query === undefined ? '' : `?${new URLSearchParams(query).toString()}`
  return {
    origin: server.origin, method, path: `${server.pathname.replace(/\/$/, '')}${path}${search}`,
    body: body === undefined ? null : JSON.stringify(body),
  }
}

function headersOf({ body }: Call, { headers }: Pass, userAgent: string): Record<string, string> {
  return { accept: 'application/json', 'user-agent': userAgent, ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) }
}

function parseAnswer(text: string, server: URL): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ClusterError(`The answer is not JSON, so this is no API server: ${server.host}`, { reason: 'NotJSON', retryable: false, cause })
  }
}
