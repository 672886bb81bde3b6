// What a name server of the tests does with a query: what good ones do, and what bad ones have been seen to do.

import { type Answer, AUTHORITATIVE_ANSWER, encode, type Packet, RECURSION_AVAILABLE, type SoaAnswer, type StringAnswer, TRUNCATED_RESPONSE } from 'dns-packet'
import { type Asked } from './dns-server.ts'

/** The packets that answer a query, in the order of sending; none is silence. */
export type Behaviour = (asked: Asked) => readonly Buffer[] | Promise<readonly Buffer[]>

const rcodes = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const
type Rcode = keyof typeof rcodes

interface Sections {
  readonly answers?: readonly Answer[]
  readonly authorities?: readonly Answer[]
  readonly rcode?: Rcode
  /** Authoritative by default. */
  readonly aa?: boolean
  readonly ra?: boolean
}

const emptyReply: Required<Sections> = { answers: [], authorities: [], rcode: 'NOERROR', aa: true, ra: false }

export interface NegativeTtl {
  readonly zone?: string
  readonly ttl?: number
  readonly minimum?: number
}

export const record = (type: StringAnswer['type'], name: string, data: string, ttl = 60): StringAnswer => ({ type, name, data, ttl, class: 'IN' })

export function soa({ zone = 'example.com', ttl = 300, minimum = 300 }: NegativeTtl = {}): SoaAnswer {
  return { type: 'SOA', name: zone, ttl, class: 'IN', data: { mname: `ns.${zone}`, rname: `admin.${zone}`, serial: 1, refresh: 3600, retry: 600, expire: 86_400, minimum } }
}

/** Answers with these sections, and with TC and nothing where they are too long for UDP. */
export function message(sections: Sections): Behaviour {
  return (asked) => [encodeReply(asked, sections)]
}

/** These records, of whatever names and types. */
export const records = (...answers: readonly Answer[]): Behaviour => message({ answers })

/** These addresses for the name and type that was asked for. */
export function addresses(ips: readonly string[], ttl = 60): Behaviour {
  return (asked) => records(...ips.map((ip) => record(asked.type as 'A', asked.name, ip, ttl)))(asked)
}

/** The same addresses, beginning with another one each time. */
export function rotating(ips: readonly string[], ttl = 60): Behaviour {
  let turn = 0
  return (asked) => {
    const first = turn++ % ips.length
    return addresses([...ips.slice(first), ...ips.slice(0, first)], ttl)(asked)
  }
}

/** A pool that answers with `size` of its addresses at a time, and goes round. */
export function subsets(ips: readonly string[], size: number, ttl = 60): Behaviour {
  let turn = 0
  return (asked) => {
    const first = size * turn++
    return addresses(Array.from({ length: size }, (_, index) => ips[(first + index) % ips.length] ?? ''), ttl)(asked)
  }
}

/** A chain of aliases from the name asked for through these names; the last one has the addresses, or nothing. */
export function aliases(names: readonly string[], ips: readonly string[], ttl = 60): Behaviour {
  return (asked) => {
    const chain = names.map((name, index) => record('CNAME', names[index - 1] ?? asked.name, name, ttl))
    const end = ips.map((ip) => record(asked.type as 'A', names.at(-1) ?? asked.name, ip, ttl))
    return message({ answers: [...chain, ...end], authorities: ips.length > 0 ? [] : [soa({ zone: names.at(-1) ?? asked.name })] })(asked)
  }
}

export const nxdomain = (ttl: NegativeTtl | 'no SOA' = {}): Behaviour => (asked) =>
  message({ rcode: 'NXDOMAIN', authorities: ttl === 'no SOA' ? [] : [soa({ zone: asked.name, ...ttl })] })(asked)
export const nodata = (ttl: NegativeTtl | 'no SOA' = {}): Behaviour => (asked) =>
  message({ authorities: ttl === 'no SOA' ? [] : [soa({ zone: asked.name, ...ttl })] })(asked)

export const failing = (rcode: Rcode): Behaviour => message({ rcode, aa: false })
export const silence = (): Behaviour => () => []
/** No error, no data, no idea. */
export const lame = (): Behaviour => message({ aa: false, ra: false })
/** Points to the servers of the zone instead of asking them. */
export const referral = (zone = 'example.com'): Behaviour => message({ aa: false, authorities: [record('NS', zone, `ns.${zone}`)] })

/** TC over UDP, with the first record cut in the middle as some servers do; whole over TCP. */
export function truncated(over: Behaviour): Behaviour {
  return async (asked) => {
    const whole = await over(asked)
    return asked.over === 'tcp' ? whole : whole.map((packet) => withFlags(packet.subarray(0, packet.length - 2), TRUNCATED_RESPONSE))
  }
}

export function wrongId(instead: Behaviour): Behaviour {
  return async (asked) => await instead({ ...asked, id: asked.id ^ 1 })
}

export function wrongQuestion(instead: Behaviour): Behaviour {
  return async (asked) => await instead({ ...asked, name: `not-${asked.name}` })
}

/** The query sent back: right id, right question, no answer. */
export const echo = (): Behaviour => (asked) => [encode({ type: 'query', id: asked.id, questions: [questionOf(asked)] })]
/** Bytes that are no DNS message. */
export const garbage = (): Behaviour => () => [Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), Buffer.alloc(3), Buffer.alloc(0)]

/** The right id and question, and then records that are cut off. */
export function malformed(instead: Behaviour): Behaviour {
  return async (asked) => (await instead(asked)).map((packet) => packet.subarray(0, packet.length - 2))
}

export function delayed(ms: number, then: Behaviour): Behaviour {
  return async (asked) => {
    await new Promise((resolve) => { setTimeout(resolve, ms).unref() })
    return then(asked)
  }
}

/** A server from before EDNS; `BADVERS` is one from after it. */
export function refusingEdns(rcode: 'FORMERR' | 'NOTIMP' | 'BADVERS', then: Behaviour): Behaviour {
  return (asked) => {
    if (asked.edns === undefined) return then(asked)
    if (rcode !== 'BADVERS') return [encode(headerOnly(asked, rcodes[rcode]))]
    const opt = { type: 'OPT', name: '.', udpPayloadSize: 512, extendedRcode: 1, ednsVersion: 0, flags: 0, flag_do: false, options: [] } as const
    return [encode({ ...headerOnly(asked, 0), questions: [questionOf(asked)], additionals: [{ ...opt, options: [] }] })]
  }
}

/** One behaviour a query, the last one for all that come after. */
export function inTurn(...behaviours: readonly [Behaviour, ...Behaviour[]]): Behaviour {
  let turn = 0
  return (asked) => (behaviours[turn++] ?? behaviours.at(-1) ?? behaviours[0])(asked)
}

/** The packets of all of them, in this order, as answer to one query. */
export function together(...behaviours: readonly Behaviour[]): Behaviour {
  return async (asked) => (await Promise.all(behaviours.map(async (behaviour) => await behaviour(asked)))).flat()
}

function encodeReply(asked: Asked, sections: Sections): Buffer {
  const { answers, authorities, rcode, aa, ra } = { ...emptyReply, ...sections }
  const flags = (aa ? AUTHORITATIVE_ANSWER : 0) | (ra ? RECURSION_AVAILABLE : 0) | rcodes[rcode]
  const packet: Packet = { type: 'response', id: asked.id, flags, questions: [questionOf(asked)], answers: [...answers], authorities: [...authorities] }
  const bytes = encode(packet)
  const most = asked.over === 'tcp' ? 65_535 : asked.edns ?? 512
  return bytes.length <= most ? bytes : encode({ ...packet, flags: flags | TRUNCATED_RESPONSE, answers: [], authorities: [] })
}

function headerOnly(asked: Asked, flags: number): Packet {
  return { type: 'response', id: asked.id, flags }
}

function questionOf(asked: Asked): { name: string; type: 'A'; class: 'IN' } {
  return { name: asked.name, type: asked.type as 'A', class: 'IN' }
}

function withFlags(packet: Buffer, flags: number): Buffer {
  const changed = Buffer.from(packet)
  changed.writeUInt16BE(changed.readUInt16BE(2) | flags, 2)
  return changed
}
