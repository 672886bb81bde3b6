import { describe, expect, test } from '@jest/globals'
import { decode, encode } from 'dns-packet'
import fc from 'fast-check'
import { isDnsName, newQuery, readReply } from '../../src/resolve/dns-message.ts'
import { record } from '../support/dns-behaviours.ts'

const question = { name: 'db.example.com', type: 'A' } as const
const query = newQuery(question, true)
const answers = [record('CNAME', 'db.example.com', 'lb.example.com'), record('A', 'lb.example.com', '192.0.2.1')]
const good = encode({ type: 'response', id: query.id, questions: [{ ...question, class: 'IN' }], answers })
const change = (offset: number, value: number): Buffer => {
  const bytes = Buffer.from(good)
  bytes[offset] = value
  return bytes
}
const header = (flags: number, questions = 0): Buffer => Buffer.from([query.id >> 8, query.id & 0xff, flags >> 8, flags & 0xff, 0, questions, 0, 0, 0, 0, 0, 0])

describe('newQuery()', () => {
  test('asks for recursion and offers a payload that no path cuts', () => {
    const packet = decode(query.bytes)
    expect(packet).toMatchObject({ flag_qr: false, flag_rd: true, questions: [{ name: 'db.example.com', type: 'A', class: 'IN' }] })
    expect(packet.additionals).toMatchObject([{ type: 'OPT', udpPayloadSize: 1232 }])
    expect(decode(newQuery(question, false).bytes).additionals).toEqual([])
  })
})

describe('readReply()', () => {
  test('reads the answer to its query, in whatever letter case', () => {
    const shouted = encode({ type: 'response', id: query.id, questions: [{ ...question, name: 'DB.Example.COM', class: 'IN' }], answers })
    for (const bytes of [good, shouted]) expect(readReply(bytes, query)).toMatchObject({ kind: 'message', message: { rcode: 'NOERROR', answers } })
  })

  test.each<[string, Buffer]>([
    ['of another id', change(1, (query.id & 0xff) ^ 1)],
    ['that is a query', change(2, 0)],
    ['to another name', encode({ type: 'response', id: query.id, questions: [{ name: 'dc.example.com', type: 'A', class: 'IN' }], answers })],
    ['to a longer name', encode({ type: 'response', id: query.id, questions: [{ name: 'db.example.com.evil.net', type: 'A', class: 'IN' }], answers })],
    ['to another type', encode({ type: 'response', id: query.id, questions: [{ name: 'db.example.com', type: 'AAAA', class: 'IN' }], answers })],
    ['to no question', encode({ type: 'response', id: query.id, answers })],
    ['to two questions', encode({ type: 'response', id: query.id, questions: [{ ...question, class: 'IN' }, { ...question, class: 'IN' }], answers })],
    ['to no question, NXDOMAIN', header(0x8003)],
    ['without a whole header', good.subarray(0, 11)],
    ['without bytes', Buffer.alloc(0)],
  ])('passes over a message %s', (_, bytes) => {
    expect(readReply(bytes, query)).toBeUndefined()
  })

  test('takes a bare header from a server that could not parse the query', () => {
    expect(readReply(header(0x8001), query)).toMatchObject({ message: { rcode: 'FORMERR' } })
    expect(readReply(header(0x8004), query)).toMatchObject({ message: { rcode: 'NOTIMP' } })
  })

  test('reads nothing of a truncated message, which may be cut within a record', () => {
    const cut = change(2, 0x82)
    for (const length of [good.length, good.length - 2, good.length - 20]) expect(readReply(cut.subarray(0, length), query)).toEqual({ kind: 'truncated' })
  })

  test('has no half addresses: the codec reads past the end', () => {
    for (const cut of [1, 2, 3]) expect(readReply(good.subarray(0, good.length - cut), query)).toEqual({ kind: 'failure', reason: 'malformed answer' })
  })

  test('knows an error that EDNS says and the header does not', () => {
    const opt = { type: 'OPT', name: '.', udpPayloadSize: 512, extendedRcode: 1, ednsVersion: 0, flags: 0, flag_do: false, options: [] } as const
    const bytes = encode({ type: 'response', id: query.id, questions: [{ ...question, class: 'IN' }], additionals: [{ ...opt, options: [] }] })
    expect(readReply(bytes, query)).toMatchObject({ message: { rcode: 'BADVERS' } })
  })

  test('never throws, whatever came', () => {
    const question = good.subarray(12, query.questionEnd)
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => { readReply(Buffer.from(bytes), query) }))
    fc.assert(fc.property(fc.uint8Array({ minLength: 8, maxLength: 8 }), fc.uint8Array({ maxLength: 60 }), ([...counts], rest) => {
      readReply(Buffer.concat([header(0x8180, 1).subarray(0, 6), Buffer.from(counts.slice(0, 6)), question, rest]), query)
    }))
    fc.assert(fc.property(fc.integer({ min: 12, max: good.length - 1 }), fc.integer({ min: 0, max: 255 }), (offset, value) => { readReply(change(offset, value), query) }))
  })
})

test.each([
  ['db.example.com', true], ['_pg._tcp.example.com', true], ['localhost', true], [`${'a'.repeat(63)}.com`, true],
  ['', false], ['a..b', false], ['a.', false], [`${'a'.repeat(64)}.com`, false], ['bücher.example', false], ['a b.example', false],
  [`${'a.'.repeat(126)}bc`, false],
])('isDnsName() of %j is %p', (name, is) => {
  expect(isDnsName(name)).toBe(is)
})
