// Servers on addresses of this network, each of which can be killed and revived.

import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

export interface Targets {
  open(address: string): Promise<void>
  /** Connections are refused from now on. */
  kill(address: string): Promise<void>
  revive(address: string): Promise<void>
  /** Since when it takes connections, in ms of performance.now(); undefined where it does not. */
  aliveSince(address: string): number | undefined
}

export function newTargets(port: number): Targets {
  const alive = new Map<string, { readonly server: Server; readonly since: number }>()
  const open = async (address: string): Promise<void> => {
    if (alive.has(address)) return
    const server = createServer((socket) => { socket.on('error', () => undefined).end() }).listen(port, address)
    await once(server, 'listening')
    alive.set(address, { server, since: performance.now() })
  }
  return {
    open,
    revive: open,
    async kill(address) {
      const target = alive.get(address)
      alive.delete(address)
      if (target !== undefined) await once(target.server.close(), 'close')
    },
    aliveSince: (address) => alive.get(address)?.since,
  }
}
