import ipaddr from 'ipaddr.js'
import { parseAddress } from './parse-address.ts'

type Ip = ipaddr.IPv4 | ipaddr.IPv6
type Range = readonly [Ip, number]

export interface AddressRules {
  /** Each list that is not empty must hold the address: the process's flags, then the config's guard. */
  readonly allowed: readonly (readonly string[])[]
  readonly denied: readonly string[]
  /** CIDR or canonical address -> what it is: the cluster's ranges and the API server itself. */
  readonly own: ReadonlyMap<string, string>
  readonly permitLoopback: boolean
}

// What ipaddr.js calls the ranges that no endpoint may be in, and what we call them.
const refusedRanges: Readonly<Record<string, string>> = {
  unspecified: 'unspecified address',
  broadcast: 'broadcast address',
  multicast: 'multicast address',
  linkLocal: 'link-local address',
  loopback: 'loopback address',
  ipv4Mapped: 'IPv4-mapped IPv6 address',
}

const metadata: Readonly<Record<string, string>> = {
  'fd00:ec2::254': 'cloud metadata address',
  '100.100.100.200': 'cloud metadata address',
}

/** Reads `address/prefix`, or a bare address as a range of one; a phrase says what is wrong with the text. */
export function parseRange(text: string): Range | string {
  const slash = text.indexOf('/')
  const parsed = parseAddress(slash === -1 ? text : text.slice(0, slash))
  if (typeof parsed === 'string') return slash === -1 ? parsed : 'is not a CIDR such as 192.0.2.0/24'
  const ip = ipaddr.parse(parsed.text)
  const most = parsed.family === 'IPv4' ? 32 : 128
  if (slash === -1) return [ip, most]
  const prefix = text.slice(slash + 1)
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= most ? [ip, Number(prefix)] : `must have a prefix of 0 to ${most}`
}

/**
 * The reason why an address may not be published, from what it is and from what the rules say.
 * Rules are parsed once; ranges in them must be valid (parseRange).
 */
export function addressPolicy(rules: AddressRules): (address: string) => string | undefined {
  const allowed = rules.allowed.filter((list) => list.length > 0).map((list) => list.map(mustParse))
  const denied = rules.denied.map((text) => ({ text, range: mustParse(text) }))
  // Thousands of ClusterIPs are looked up, a handful of ranges is searched.
  const own = [...rules.own].filter(([text]) => text.includes('/')).map(([text, what]) => ({ what, range: mustParse(text) }))
  const ownAddresses = new Map([...rules.own].map(([text, what]) => [canonical(text), what]))
  const refusedAs = (ip: Ip): string | undefined =>
    refusedAlways(ip, rules.permitLoopback)
    ?? ownAddresses.get(canonical(ip.toString()))
    ?? own.find(({ range }) => contains(range, ip))?.what
    ?? denied.filter(({ range }) => contains(range, ip)).map((entry) => `inside the denied ${entry.text}`)[0]
  const judge = (text: string): string | undefined => {
    const address = parseAddress(text)
    if (typeof address === 'string') return address
    const forms = formsOf(ipaddr.parse(address.text))
    const isAllowed = allowed.every((list) => list.some((range) => forms.some((ip) => contains(range, ip))))
    return forms.map(refusedAs).find((reason) => reason !== undefined) ?? (isAllowed ? undefined : 'outside the allowed CIDRs')
  }
  // A pass asks several times about each address: when it comes, when it is planned, before it is written.
  const judged = new Map<string, string | undefined>()
  return (text) => {
    if (!judged.has(text)) judged.set(text, judge(text))
    return judged.get(text)
  }
}

/** An address of the NAT64 prefix leads to the IPv4 address inside it, so both are judged. */
function formsOf(ip: Ip): readonly Ip[] {
  return ip.range() === 'rfc6052' ? [ip, new ipaddr.IPv4(ip.toByteArray().slice(12))] : [ip]
}

function canonical(text: string): string {
  const address = parseAddress(text)
  return typeof address === 'string' ? text : address.text
}

function refusedAlways(ip: Ip, permitLoopback: boolean): string | undefined {
  const range = ip.range()
  if (range === 'loopback' && permitLoopback) return undefined
  return refusedRanges[range] ?? metadata[ip.toString()]
}

function contains([network, prefix]: Range, ip: Ip): boolean {
  return network.kind() === ip.kind() && ip.match(network, prefix)
}

function mustParse(text: string): Range {
  const range = parseRange(text)
  if (typeof range === 'string') throw new Error(`Not a CIDR: ${text}: ${range}`)
  return range
}
