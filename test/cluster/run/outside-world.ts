// What is outside of the cluster: a name server, and servers on an address of this machine that a cluster may publish.

import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'

/** An IPv4 address of this machine that is no loopback; undefined where it has none. */
export function ownAddress(): string | undefined {
  return Object.values(networkInterfaces()).flat().find((each) => each?.family === 'IPv4' && !each.internal)?.address
}

export interface OutsideServer {
  readonly address: string
  readonly port: number
  /** Refuses connections from now on. */
  die(): Promise<void>
  /** Takes them again, on the same port. */
  revive(): Promise<void>
}

const servers: OutsideServer[] = []

/** A server that takes connections. Ended by stopServers at the latest. */
export async function startServer(address: string): Promise<OutsideServer> {
  let server = createServer((socket) => { socket.end() }).listen(0, address)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const started: OutsideServer = {
    address, port,
    async die() {
      if (server.listening) await once(server.close(), 'close')
    },
    async revive() {
      server = createServer((socket) => { socket.end() }).listen(port, address)
      await once(server, 'listening')
    },
  }
  servers.push(started)
  return started
}

export async function stopServers(): Promise<void> {
  await Promise.all(servers.splice(0).map((server) => server.die()))
}
