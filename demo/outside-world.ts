// A small outside world on loopback: a DNS server, two databases (they answer PostgreSQL's SSLRequest) and an HTTP API.

import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { startDnsServer, type DnsServer } from '../test/support/dns-server.ts'

export interface Outside {
  readonly dns: DnsServer
  /** Port of the databases, the same on each address. */
  readonly databasePort: number
  readonly apiPort: number
  /** Stops what listens on a database's address: the host died. */
  kill(address: string): Promise<void>
  stop(): Promise<void>
}

/** Databases listen on each of the addresses (127.0.0.0/8, as on Linux every one of them is there), the API on 127.0.0.1. */
export async function startOutside(databases: readonly string[]): Promise<Outside> {
  const dns = await startDnsServer()
  const servers = new Map<string, Server>()
  let databasePort = 0
  for (const address of databases) {
    const server = createServer((socket) => {
      socket.on('error', () => undefined).on('data', () => socket.write('N'))
    })
    await once(server.listen(databasePort, address), 'listening')
    databasePort = (server.address() as AddressInfo).port
    servers.set(address, server)
  }
  const api = createHttpServer((request, response) => { response.statusCode = request.url === '/healthz' ? 200 : 404; response.end('ok') })
  await once(api.listen(0, '127.0.0.1'), 'listening')
  const kill = async (address: string): Promise<void> => {
    const server = servers.get(address)
    servers.delete(address)
    if (server !== undefined) await once(server.close(), 'close')
  }
  return {
    dns, databasePort, apiPort: (api.address() as AddressInfo).port, kill,
    stop: async () => {
      await Promise.all([...servers.keys()].map(kill))
      api.closeAllConnections()
      await Promise.all([once(api.close(), 'close'), dns.stop()])
    },
  }
}
