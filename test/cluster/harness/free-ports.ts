import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'

/** Ports that are free at this moment, all different. Another process may still be quicker: try again then. */
export async function freePorts(address: string, count: number): Promise<readonly number[]> {
  const servers: Server[] = []
  for (let index = 0; index < count; index++) {
    const server = createServer().listen(0, address)
    await once(server, 'listening')
    servers.push(server)
  }
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}
