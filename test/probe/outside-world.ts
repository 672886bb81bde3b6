import { once } from 'node:events'
import http, { type RequestListener } from 'node:http'
import https from 'node:https'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { Worker } from 'node:worker_threads'
import { type HealthCheck, type HttpCheck } from '../../src/model/declared.ts'
import { type ProbeTarget } from '../../src/model/observed.ts'
import { freePorts } from '../cluster/harness/free-ports.ts'
import { type SelfSigned } from './self-signed.ts'

/** A server of an outside host, and how it ends: `close` waits until the prober has let go of every connection. */
export interface Outside extends AsyncDisposable {
  readonly port: number
  readonly address: string
}

export async function tcpServer(onConnection: (socket: Socket) => void = () => undefined, address = '127.0.0.1'): Promise<Outside> {
  return listening(createServer((socket) => {
    socket.on('error', () => undefined).resume()
    onConnection(socket)
  }), address)
}

export async function httpServer(answer: RequestListener, address = '127.0.0.1'): Promise<Outside> {
  return listening(http.createServer(answer), address)
}

export async function httpsServer(certificate: SelfSigned, answer: RequestListener, address = '127.0.0.1'): Promise<Outside> {
  return listening(https.createServer({ ...certificate }, answer).on('tlsClientError', () => undefined), address)
}

async function listening(server: Server, address: string): Promise<Outside> {
  server.listen(0, address)
  await once(server, 'listening')
  return {
    address,
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close()
      await once(server, 'close')
    },
  }
}

/** A port that nobody listens on. */
export async function closedPort(address = '127.0.0.1'): Promise<number> {
  const [port = 0] = await freePorts(address, 1)
  return port
}

/**
 * An address that drops what is sent to it: the listener's thread sleeps, its backlog is full, so the kernel drops each
 * further SYN.
 */
export async function blackHole(): Promise<Outside> {
  const worker = new Worker(`
    const { parentPort } = require('node:worker_threads')
    const server = require('node:net').createServer().listen(0, '127.0.0.1', 1, () => {
      parentPort.postMessage(server.address().port)
      setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0))
    })`, { eval: true })
  const [port] = await once(worker, 'message') as [number]
  const fillers = Array.from({ length: 8 }, () => connect(port, '127.0.0.1').on('error', () => undefined))
  // Linux lets backlog + 1 connections into the queue.
  await new Promise<void>((resolve) => {
    let connected = 0
    for (const filler of fillers) filler.once('connect', () => { if (++connected === 2) resolve() })
  })
  return {
    address: '127.0.0.1',
    port,
    async [Symbol.asyncDispose]() {
      for (const filler of fillers) filler.destroy()
      await worker.terminate()
    },
  }
}

const timings = { port: 'main', periodSeconds: 10, timeoutSeconds: 5, successThreshold: 1, failureThreshold: 3, transitionPeriodSeconds: 1 }

export function tcpTarget({ address, port }: { address: string; port: number }, check: Partial<HealthCheck> = {}): ProbeTarget {
  return { address, port, check: { ...timings, ...check, kind: 'tcp' } }
}

export function httpTarget(
  { address, port, host }: { address: string; port: number; host?: string | undefined },
  http: Partial<HttpCheck> = {},
  check: Partial<HealthCheck> = {},
): ProbeTarget {
  const defaults: HttpCheck = { path: '/', scheme: 'HTTP', headers: {}, expectedStatuses: [[200, 399]], verify: true }
  return { address, port, ...(host === undefined ? {} : { host }), check: { ...timings, ...check, kind: 'http', http: { ...defaults, ...http } } }
}
