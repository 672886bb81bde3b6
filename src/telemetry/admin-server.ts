// The admin port: is it alive, is it ready, what does it know, and a resync on request. Reads for whoever reaches the port,
// the one thing that acts for this machine alone.

import { createServer, type Server } from 'node:http'
import { adminRoutes, type Routed } from './admin-routes.ts'
import { listenAt } from './listen-at.ts'

export interface AdminOptions extends Routed {
  /** `host:port`, `[v6]:port`, or `:port` for every address; port 0 takes any. */
  readonly listen: string
}

export interface Admin {
  /** What it listens at, as `host:port`. */
  readonly address: string
  /** Takes no more, gives answers under way half a second, and resolves when every connection is closed. */
  close(): Promise<void>
}

/** Serves until it is closed. Rejects with ListenError where the address cannot be had. */
export async function openAdmin(options: AdminOptions): Promise<Admin> {
  const answer = adminRoutes(options)
  // A reader that is slow, idle or says nothing is cut off: a port that is full of them is a failed liveness probe.
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5000, keepAliveTimeout: 5000, connectionsCheckingInterval: 1000, maxHeaderSize: 8192 },
    (request, response) => { void answer(request, response) })
  server.timeout = 10_000
  server.maxConnections = 128
  const address = await listenAt(server, options.listen)
  server.on('error', ({ message }) => { options.tell({ kind: 'trouble', where: 'admin', message }) })
  return { address, close: () => close(server) }
}

const graceMs = 500

async function close(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  server.close(() => { resolve(undefined) })
  const timer = setTimeout(() => { server.closeAllConnections() }, graceMs)
  await promise.finally(() => { clearTimeout(timer) })
}
