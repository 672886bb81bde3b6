import { BlockList } from 'node:net'
import ipaddr from 'ipaddr.js'
import { type Family } from '../model/declared.ts'
import { type Address, parseAddress } from './parse-address.ts'

export interface AddressRules {
  /** Each list that is not empty must hold the address: the process's flags, then the config's guard. */
  readonly allowed: readonly (readonly string[])[]
  readonly denied: readonly string[]
  /** CIDR or canonical address -> what it is: the cluster's ranges and the API server itself. */
  readonly own: ReadonlyMap<string, string>
  readonly permitLoopback: boolean
}

// Apart: Node takes an IPv4 address for an IPv6 one too, and ::/0 would hold it.
type Ranges = Readonly<Record<Family, BlockList>>
const kinds = { IPv4: 'ipv4', IPv6: 'ipv6' } as const

/** An address in it, and how many of the address's bits they share. */
type Range = Address & { readonly prefix: number }

type ReasonOf = (address: Address) => string | undefined
type Reasons = readonly (readonly [range: string, reason: string])[]

// No endpoint may be in any of these.
const refused: Reasons = [
  ['0.0.0.0/8', 'unspecified address'], ['::', 'unspecified address'],
  ['255.255.255.255', 'broadcast address'],
  ['224.0.0.0/4', 'multicast address'], ['ff00::/8', 'multicast address'],
  ['169.254.0.0/16', 'link-local address'], ['fe80::/10', 'link-local address'],
  ['100.100.100.200', 'cloud metadata address'], ['fd00:ec2::254', 'cloud metadata address'],
]
const loopback: Reasons = [['127.0.0.0/8', 'loopback address'], ['::1', 'loopback address']]
// The prefixes of RFC 6052 and RFC 8215.
const nat64 = rangesOf(['64:ff9b::/96', '64:ff9b:1::/48'])

/** Reads `address/prefix`, or a bare address as a range of one; a phrase says what is wrong with the text. */
export function parseRange(text: string): Range | string {
  const slash = text.indexOf('/')
  const address = parseAddress(slash === -1 ? text : text.slice(0, slash))
  if (typeof address === 'string') return slash === -1 ? address : 'is not a CIDR such as 192.0.2.0/24'
  const most = address.family === 'IPv4' ? 32 : 128
  if (slash === -1) return { ...address, prefix: most }
  const prefix = text.slice(slash + 1)
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= most ? { ...address, prefix: Number(prefix) } : `must have a prefix of 0 to ${most}`
}

/**
 * The reason why an address may not be published, from what it is and from what the rules say.
 * Rules are parsed once; ranges in them must be valid (parseRange).
 */
export function addressPolicy(rules: AddressRules): (address: string) => string | undefined {
  const allowed = rules.allowed.filter((list) => list.length > 0).map(rangesOf)
  const always = reasonsBy([...refused, ...(rules.permitLoopback ? [] : loopback)])
  // Thousands of ClusterIPs are looked up, a handful of ranges is searched.
  const ownAddresses = new Map([...rules.own].map(([text, what]) => [canonical(text), what]))
  const here = reasonsBy([
    ...[...rules.own].filter(([text]) => text.includes('/')),
    ...rules.denied.map((text) => [text, `inside the denied ${text}`] as const),
  ])
  const refusedAs: ReasonOf = (address) => always(address) ?? ownAddresses.get(address.text) ?? here(address)
  const judge = (text: string): string | undefined => {
    const address = parseAddress(text)
    if (typeof address === 'string') return address
    const forms = formsOf(address)
    const isAllowed = allowed.every((ranges) => forms.some((form) => contains(ranges, form)))
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
function formsOf(address: Address): readonly Address[] {
  if (address.family === 'IPv4' || !contains(nat64, address)) return [address]
  const inside = new ipaddr.IPv4(ipaddr.IPv6.parse(address.text).toByteArray().slice(12))
  return [address, { family: 'IPv4', text: inside.toString() }]
}

function canonical(text: string): string {
  const address = parseAddress(text)
  return typeof address === 'string' ? text : address.text
}

/** Finds the first range that holds an address. Nearly every address is in none, and one look at all of them says so. */
function reasonsBy(reasons: Reasons): ReasonOf {
  const all = rangesOf(reasons.map(([text]) => text))
  const each = reasons.map(([text, reason]) => ({ ranges: rangesOf([text]), reason }))
  return (address) => contains(all, address) ? each.find(({ ranges }) => contains(ranges, address))?.reason : undefined
}

function rangesOf(texts: readonly string[]): Ranges {
  const ranges = { IPv4: new BlockList(), IPv6: new BlockList() }
  for (const text of texts) {
    const range = parseRange(text)
    if (typeof range === 'string') throw new Error(`Not a CIDR: ${text}: ${range}`)
    ranges[range.family].addSubnet(range.text, range.prefix, kinds[range.family])
  }
  return ranges
}

function contains(ranges: Ranges, { family, text }: Address): boolean {
  return ranges[family].check(text, kinds[family])
}
