import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { type ResolverSettings } from '../model/declared.ts'

export interface NameServer {
  readonly address: string
  readonly port: number
}

const dnsPort = 53
/** As many as the C libraries read: a fourth line would be a server that only we ever ask. */
const mostInResolvConf = 3

/** Reads `ip`, `ip:port` or `[v6]:port`; undefined where the text is none of these. */
export function parseNameServer(text: string): NameServer | undefined {
  if (isIP(text) !== 0) return { address: text, port: dnsPort }
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? []
  const address = bracketed ?? plain ?? ''
  const isRight = isIP(address) === (bracketed === undefined ? 4 : 6) && isPort(Number(port))
  return isRight ? { address, port: Number(port) } : undefined
}

/** The servers that the settings name; undefined where they leave it to the machine. Throws where one of them is none. */
export function declaredServers({ nameservers }: Pick<ResolverSettings, 'nameservers'>): readonly NameServer[] | undefined {
  return nameservers.length > 0 ? nameservers.map(mustParse) : undefined
}

/**
 * The servers of a resolv.conf, in its order. Search domains are not applied: a declared host is a full name.
 * Without the file, or without a server in it, resolver(5) says the one on this machine.
 */
export async function readResolvConf(path: string): Promise<readonly NameServer[]> {
  const text = await readFile(path, 'utf8').catch(() => '')
  const servers = text.split('\n')
    .map((line) => /^nameserver\s+(\S+)/.exec(line)?.[1] ?? '')
    .filter((address) => isIP(address) !== 0)
    .map((address) => ({ address, port: dnsPort }))
  return servers.length > 0 ? servers.slice(0, mostInResolvConf) : [{ address: '127.0.0.1', port: dnsPort }]
}

function isPort(port: number): boolean {
  return port >= 1 && port <= 65_535
}

function mustParse(text: string): NameServer {
  const server = parseNameServer(text)
  if (server === undefined) throw new Error(`Not a name server: ${text}`)
  return server
}
