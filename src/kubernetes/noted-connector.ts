import type { Socket } from 'node:net'
import { buildConnector } from 'undici'

/**
 * Makes connections as undici does; those that do not stand yet are in `connecting`. A pool that is destroyed lets them go
 * on: a server that hangs takes a connection and never shakes hands, and each would keep the process until its time is over.
 */
export function notedConnector(options: buildConnector.BuildOptions, connecting: Set<Socket>): buildConnector.connector {
  // It returns the socket, which its type does not say.
  const connect = buildConnector(options) as (...args: Parameters<buildConnector.connector>) => Socket
  return (to, callback) => {
    const socket = connect(to, (...outcome) => {
      connecting.delete(socket)
      callback(...outcome)
    })
    connecting.add(socket)
  }
}
