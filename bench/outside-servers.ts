// The servers of the world outside: one listener for every address of this machine, which accepts connections, answers HTTP
// and says when it refused.
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'

export interface OutsideServers {
  readonly port: number
  /** From now on this address answers 503. */
  kill(address: string): void
  revive(address: string): void
  /** Connections so far. */
  connections(): number
  stop(): void
}

const answers = { good: 'HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n', bad: 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n' }

/** `refused` is told of each 503 (ms since the epoch), just before it is sent. */
export async function startOutsideServers(refused: (address: string, at: number) => void = () => undefined): Promise<OutsideServers> {
  const dead = new Set<string>()
  let connections = 0
  const server = createServer((socket) => {
    connections++
    socket.setNoDelay().on('error', () => undefined).once('data', () => {
      const { localAddress = '' } = socket
      if (dead.has(localAddress)) refused(localAddress, epochMs())
      socket.end(dead.has(localAddress) ? answers.bad : answers.good)
    })
  })
  server.listen({ port: 0, host: '0.0.0.0', backlog: 4096 })
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    kill: (address) => { dead.add(address) },
    revive: (address) => { dead.delete(address) },
    connections: () => connections,
    stop: () => { server.close() },
  }
}

/** ms since the epoch, finer than Date.now(). */
export function epochMs(): number {
  return performance.timeOrigin + performance.now()
}
