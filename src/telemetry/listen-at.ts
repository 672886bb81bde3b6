import { once } from 'node:events'
import type { Server } from 'node:http'
import { type AddressInfo, isIPv6 } from 'node:net'

/** The admin server cannot have its address: exit 2. */
export class ListenError extends Error {
  override name = 'ListenError' as const
}

/** Where to listen: `host:port`, `[v6]:port`, or `:port` for every address of the machine. Throws ListenError. */
export function readListen(text: string): { readonly host?: string; readonly port: number } {
  const [, v6, name, digits] = /^(?:\[([^\]]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text) ?? []
  const port = Number(digits)
  const host = v6 ?? name
  if (host === undefined || port > 65535 || (v6 !== undefined && !isIPv6(v6))) throw new ListenError(`Cannot listen at ${text}: must be host:port, [v6]:port or :port`)
  return { port, ...(host !== '' && { host }) }
}

/** Binds the server and answers with what it has got as `host:port`. Rejects with ListenError, saying what to do. */
export async function listenAt(server: Server, text: string): Promise<string> {
  const at = readListen(text)
  server.listen(at)
  try {
    await once(server, 'listening')
  } catch (cause) {
    throw new ListenError(`Cannot listen at ${text}: ${whyNot(cause as NodeJS.ErrnoException)}`, { cause })
  }
  const { address, port } = server.address() as AddressInfo
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program has it, perhaps a second controller: --admin names another address',
  EACCES: 'not permitted: --admin names another port, from 1024 up',
  EADDRNOTAVAIL: 'no address of this machine',
  ENOTFOUND: 'no such host',
}

function whyNot({ code, message }: NodeJS.ErrnoException): string {
  const reason = code === undefined ? undefined : reasons[code]
  return reason === undefined ? message : `${code ?? ''}: ${reason}`
}
