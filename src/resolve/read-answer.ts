import { type Answer, type SoaAnswer, type StringAnswer } from 'dns-packet'
import { parseAddress } from '../address/parse-address.ts'
import { type Message, type Question } from './dns-message.ts'

/** What one message says to a question. TTLs in seconds as they came: the least of the CNAME chain and what it ends in. */
export type Reading =
  | { readonly kind: 'found'; readonly addresses: readonly string[]; readonly ttl: number }
  | { readonly kind: 'absent'; readonly reason: 'NXDOMAIN' | 'NODATA'; readonly ttl: number }
  /** The chain leads out of the message: that name is to be asked for. */
  | { readonly kind: 'alias'; readonly name: string; readonly ttl: number }
  | { readonly kind: 'failure'; readonly reason: string }

interface Chain {
  readonly end: string
  readonly ttl: number
}

const mostAliases = 16

/** Reads a message as the answer to a question. An absence without an SOA has TTL 0: it is believed for the least time there is. */
export function readAnswer(message: Message, { name, type }: Question): Reading {
  if (message.rcode !== 'NOERROR' && message.rcode !== 'NXDOMAIN') return { kind: 'failure', reason: message.rcode }
  const chain = followAliases(message.answers, lower(name))
  if (chain === undefined) return { kind: 'failure', reason: `CNAME loop, or more than ${mostAliases} of them` }
  const records = message.answers.filter((record): record is StringAnswer => record.type === type && isOf(chain.end, record))
  return records.length > 0 ? found(records, chain) : nothing(message, chain, chain.end !== lower(name))
}

// Records of other names in the answer say nothing about the name that was asked for.
function followAliases(answers: readonly Answer[], name: string): Chain | undefined {
  let chain: Chain = { end: name, ttl: Infinity }
  for (let aliases = 0; aliases <= mostAliases; aliases++) {
    const { end, ttl } = chain
    const alias = answers.find((record): record is StringAnswer => record.type === 'CNAME' && isOf(end, record))
    if (alias === undefined) return chain
    chain = { end: lower(alias.data), ttl: Math.min(ttl, ttlOf(alias)) }
  }
  return undefined
}

// Servers answer in turning order: sorted, so that the same addresses are the same answer.
function found(records: readonly StringAnswer[], chain: Chain): Reading {
  const addresses = new Set(records.map(({ data }) => canonical(data)))
  return { kind: 'found', addresses: [...addresses].sort(), ttl: Math.min(chain.ttl, ...records.map(ttlOf)) }
}

// An address that may not be published is passed on as it came: the policy names it, and the others are not harmed.
function canonical(text: string): string {
  const address = parseAddress(text)
  return typeof address === 'string' ? text : address.text
}

function nothing(message: Message, chain: Chain, isAlias: boolean): Reading {
  // An SOA of another zone than the chain's end says nothing about that end.
  const soa = message.authorities.find((record): record is SoaAnswer => record.type === 'SOA' && isWithin(chain.end, record.name))
  const ttl = Math.min(chain.ttl, negativeTtl(soa))
  if (message.rcode === 'NXDOMAIN') return { kind: 'absent', reason: 'NXDOMAIN', ttl }
  if (soa !== undefined) return { kind: 'absent', reason: 'NODATA', ttl }
  if (isAlias) return { kind: 'alias', name: chain.end, ttl: chain.ttl }
  return isLame(message) ? { kind: 'failure', reason: 'lame answer' } : { kind: 'absent', reason: 'NODATA', ttl }
}

// RFC 2308, 5.
function negativeTtl(soa: SoaAnswer | undefined): number {
  return soa === undefined ? 0 : Math.min(ttlOf(soa), soa.data.minimum ?? 0)
}

// An empty answer of a server that neither holds the zone nor asks on, or that points elsewhere (RFC 2308, 2.2),
// does not know: taken as "no such record" it would empty a Service.
function isLame({ isAuthoritative, offersRecursion, authorities }: Message): boolean {
  return !isAuthoritative && (!offersRecursion || authorities.some(({ type }) => type === 'NS'))
}

function isOf(name: string, record: Answer): boolean {
  return lower(record.name) === name && 'class' in record && record.class === 'IN'
}

function isWithin(name: string, zone: string): boolean {
  const apex = lower(zone)
  return apex === '' || name === apex || name.endsWith(`.${apex}`)
}

function ttlOf(record: StringAnswer | SoaAnswer): number {
  return record.ttl ?? 0
}

// The codec writes the root as a dot and every other name without the last one.
function lower(name: string): string {
  return name.toLowerCase().replace(/\.$/, '')
}
