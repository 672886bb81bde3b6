import { randomInt } from 'node:crypto'
import { type Answer, decode, encode, RECURSION_DESIRED } from 'dns-packet'

export interface Question {
  readonly name: string
  readonly type: 'A' | 'AAAA'
}

export interface Query {
  readonly id: number
  readonly bytes: Buffer
  /** Where in the bytes the question ends. */
  readonly questionEnd: number
}

export interface Message {
  /** `NOERROR`, `NXDOMAIN`, `SERVFAIL`, ...; the twelve bits of EDNS included. */
  readonly rcode: string
  readonly isAuthoritative: boolean
  readonly offersRecursion: boolean
  readonly answers: readonly Answer[]
  readonly authorities: readonly Answer[]
}

/** What a server, or the way to it, made of a query. */
export type Reply =
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'truncated' }
  | { readonly kind: 'failure'; readonly reason: string }

const headerLength = 12
/** What passes any path without fragments (DNS flag day 2020). */
const udpPayloadSize = 1232
const edns = { type: 'OPT', name: '.', udpPayloadSize, extendedRcode: 0, ednsVersion: 0, flags: 0, flag_do: false, options: [] } as const
const rcodes: Readonly<Record<number, string>> =
  { 0: 'NOERROR', 1: 'FORMERR', 2: 'SERVFAIL', 3: 'NXDOMAIN', 4: 'NOTIMP', 5: 'REFUSED', 16: 'BADVERS' }

/** A name that can be put on the wire: the codec would write a label of 64 bytes as a pointer. */
export function isDnsName(name: string): boolean {
  return name.length <= 253 && name.split('.').every((label) => /^[!-~]{1,63}$/.test(label))
}

/** A query with a random id. The name must be one by isDnsName. */
export function newQuery({ name, type }: Question, withEdns: boolean): Query {
  const id = randomInt(0x1_0000)
  const bytes = encode({ type: 'query', id, flags: RECURSION_DESIRED, questions: [{ name, type, class: 'IN' }],
    additionals: withEdns ? [{ ...edns, options: [] }] : [] })
  return { id, bytes, questionEnd: headerLength + name.length + 2 + 4 }
}

/** Reads an answer to this very query; undefined where the bytes are not one. Never throws, whatever came. */
export function readReply(bytes: Buffer, query: Query): Reply | undefined {
  if (!answers(bytes, query)) return undefined
  // A server may cut in the middle of a record, so the rest of a truncated message is not looked at.
  if ((bytes.readUInt16BE(2) & 0x0200) !== 0) return { kind: 'truncated' }
  try {
    const packet = decode(bytes)
    // The codec reads addresses past the end of the bytes without a complaint.
    if (decode.bytes > bytes.length) return { kind: 'failure', reason: 'malformed answer' }
    const { flag_aa: isAuthoritative, flag_ra: offersRecursion, answers = [], authorities = [], additionals = [] } = packet
    return { kind: 'message', message: { rcode: rcodeOf(bytes, additionals), isAuthoritative, offersRecursion, answers, authorities } }
  } catch {
    return { kind: 'failure', reason: 'malformed answer' }
  }
}

// The question must be ours, letter case apart; only a refusal to parse the query may leave it out.
function answers(bytes: Buffer, query: Query): boolean {
  if (bytes.length < headerLength || bytes.readUInt16BE(0) !== query.id || (bytes.readUInt16BE(2) & 0x8000) === 0) return false
  const questions = bytes.readUInt16BE(4)
  if (questions === 0) return [1, 4].includes(bytes.readUInt16BE(2) & 0xf)
  return questions === 1 && questionIn(bytes, query) === questionIn(query.bytes, query)
}

function questionIn(bytes: Buffer, { questionEnd }: Query): string {
  return bytes.toString('latin1', headerLength, questionEnd).toLowerCase()
}

// BADVERS is 16: a server that dislikes our EDNS says NOERROR in the header and the rest of it in the OPT record.
function rcodeOf(bytes: Buffer, additionals: readonly Answer[]): string {
  const opt = additionals.find((record) => record.type === 'OPT')
  const rcode = ((opt?.extendedRcode ?? 0) << 4) | (bytes.readUInt16BE(2) & 0xf)
  return rcodes[rcode] ?? `RCODE ${rcode}`
}
