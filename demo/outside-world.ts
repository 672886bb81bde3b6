// A small outside world on loopback: a DNS server, databases (they answer PostgreSQL's SSLRequest) and an HTTP API.

import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { startDnsServer, type DnsServer } from '../test/support/dns-server.ts'

export const apiAddress = '127.0.0.1'

export interface Outside {
  readonly dns: DnsServer
  /** Port of the databases, the same on each address. */
  readonly databasePort: number
  readonly apiPort: number
  /** Stops what listens on an address: the host died. */
  readonly kill: (address: string) => Promise<void>
  /** Lets it listen there again. */
  readonly revive: (address: string) => Promise<void>
  readonly stop: () => Promise<void>
}

/** Databases listen on each of the addresses (127.0.0.0/8, as on Linux every one of them is there), the API on `apiAddress`. */
export async function startOutside(databases: readonly string[]): Promise<Outside> {
  const dns = await startDnsServer()
  const servers = new Map<string, Server>()
  const ports = { database: 0, api: 0 }
  const revive = async (address: string): Promise<void> => {
    if (servers.has(address)) return
    const kind = address === apiAddress ? 'api' : 'database'
    const server = kind === 'api' ? apiServer() : databaseServer()
    servers.set(address, server)
    await once(server.listen(ports[kind], address), 'listening')
    ports[kind] = (server.address() as AddressInfo).port
  }
  const kill = async (address: string): Promise<void> => {
    const server = servers.get(address)
    servers.delete(address)
    if (server !== undefined) await once(server.close(), 'close')
  }
  for (const address of [apiAddress, ...databases]) await revive(address)
  return {
    dns, databasePort: ports.database, apiPort: ports.api, kill, revive,
    stop: async () => { await Promise.all([...[...servers.keys()].map(kill), dns.stop()]) },
  }
}

function databaseServer(): Server {
  return createServer((socket) => {
    socket.on('error', () => undefined).on('data', () => socket.write('N'))
  })
}

function apiServer(): Server {
  return createHttpServer((request, response) => {
    // A connection that is kept would outlive its server.
    response.writeHead(request.url === '/healthz' ? 200 : 404, { connection: 'close' }).end('ok')
  })
}
