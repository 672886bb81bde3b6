import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Message } from '../../src/resolve/dns-message.ts'
import { readAnswer } from '../../src/resolve/read-answer.ts'
import { record, soa } from '../support/dns-behaviours.ts'

const question = { name: 'db.example.com', type: 'A' } as const
const empty: Message = { rcode: 'NOERROR', isAuthoritative: true, offersRecursion: false, answers: [], authorities: [] }
const read = (message: Partial<Message>): unknown => readAnswer({ ...empty, ...message }, question)
const recursive = { isAuthoritative: false, offersRecursion: true }
const lame = { isAuthoritative: false, offersRecursion: false }
const ns = record('NS', 'example.com', 'ns.example.com')
const chain = (length: number): Message['answers'] =>
  Array.from({ length }, (_, index) => record('CNAME', index === 0 ? 'db.example.com' : `c${index}.example.com`, `c${index + 1}.example.com`))

describe('readAnswer()', () => {
  test.each<[string, Partial<Message>, unknown]>([
    ['finds addresses, sorted and each once', { answers: ['192.0.2.9', '192.0.2.1', '192.0.2.9'].map((ip) => record('A', 'db.example.com', ip)) },
      { kind: 'found', addresses: ['192.0.2.1', '192.0.2.9'], ttl: 60 }],
    ['takes the least TTL of the records', { answers: [record('A', 'db.example.com', '192.0.2.1', 9), record('A', 'db.example.com', '192.0.2.2', 7)] },
      { kind: 'found', addresses: ['192.0.2.1', '192.0.2.2'], ttl: 7 }],
    ['takes the least TTL of the chain', { answers: [record('CNAME', 'db.example.com', 'lb.example.org', 5), record('A', 'lb.example.org', '192.0.2.1', 300)] },
      { kind: 'found', addresses: ['192.0.2.1'], ttl: 5 }],
    ['follows a chain in whatever order and letter case', { answers: [record('A', 'C.example.org', '192.0.2.1'), record('CNAME', 'b.example.org', 'c.Example.org'), record('CNAME', 'DB.example.com', 'B.example.org')] },
      { kind: 'found', addresses: ['192.0.2.1'], ttl: 60 }],
    ['ignores records of names that the question does not lead to', { answers: [record('A', 'evil.example.net', '203.0.113.66'), record('A', 'db.example.com', '192.0.2.1')] },
      { kind: 'found', addresses: ['192.0.2.1'], ttl: 60 }],
    ['ignores records of another type', { answers: [record('AAAA', 'db.example.com', '2001:db8::1')] }, { kind: 'absent', reason: 'NODATA', ttl: 0 }],
    ['ignores records of another class', { answers: [{ ...record('A', 'db.example.com', '192.0.2.1'), class: 'CH' }] }, { kind: 'absent', reason: 'NODATA', ttl: 0 }],
    ['passes bad addresses on beside the good', { answers: ['::ffff:a00:1', '192.0.2.1'].map((ip) => record('A', 'db.example.com', ip)) },
      { kind: 'found', addresses: ['192.0.2.1', '::ffff:a00:1'], ttl: 60 }],

    ['knows NXDOMAIN', { rcode: 'NXDOMAIN', authorities: [soa({ ttl: 300, minimum: 20 })] }, { kind: 'absent', reason: 'NXDOMAIN', ttl: 20 }],
    ['knows NXDOMAIN without an SOA', { rcode: 'NXDOMAIN' }, { kind: 'absent', reason: 'NXDOMAIN', ttl: 0 }],
    ['knows NXDOMAIN of a chain\'s end, for as long as the chain holds', { rcode: 'NXDOMAIN', answers: [record('CNAME', 'db.example.com', 'x.example.com', 8)], authorities: [soa()] },
      { kind: 'absent', reason: 'NXDOMAIN', ttl: 8 }],
    ['knows NODATA', { authorities: [soa({ ttl: 10, minimum: 300 })] }, { kind: 'absent', reason: 'NODATA', ttl: 10 }],
    ['knows NODATA of a recursive server without an SOA', recursive, { kind: 'absent', reason: 'NODATA', ttl: 0 }],
    ['knows NODATA of a chain\'s end', { answers: [record('CNAME', 'db.example.com', 'x.example.com')], authorities: [soa()] }, { kind: 'absent', reason: 'NODATA', ttl: 60 }],
    ['takes the root\'s SOA for every name', { authorities: [soa({ zone: '.' })] }, { kind: 'absent', reason: 'NODATA', ttl: 300 }],

    ['asks on for a bare alias', { answers: [record('CNAME', 'db.example.com', 'LB.example.org', 8)] }, { kind: 'alias', name: 'lb.example.org', ttl: 8 }],
    ['asks on for an alias into another zone than the SOA\'s', { answers: [record('CNAME', 'db.example.com', 'lb.example.org', 8)], authorities: [soa()] },
      { kind: 'alias', name: 'lb.example.org', ttl: 8 }],
    ['asks on for an alias into a zone that only ends like the SOA\'s', { answers: [record('CNAME', 'db.example.com', 'lb.my-example.com', 8)], authorities: [soa()] },
      { kind: 'alias', name: 'lb.my-example.com', ttl: 8 }],

    ['believes no server that neither holds the zone nor asks on', lame, { kind: 'failure', reason: 'lame answer' }],
    ['believes no referral', { ...lame, authorities: [ns] }, { kind: 'failure', reason: 'lame answer' }],
    ['believes no referral of a recursive server', { ...recursive, authorities: [ns] }, { kind: 'failure', reason: 'lame answer' }],
    ['believes the NODATA of the zone\'s own server that names itself', { authorities: [ns] }, { kind: 'absent', reason: 'NODATA', ttl: 0 }],
    ['says which error it was', { rcode: 'SERVFAIL' }, { kind: 'failure', reason: 'SERVFAIL' }],
    ['has no answer in an error with records', { rcode: 'REFUSED', answers: [record('A', 'db.example.com', '192.0.2.1')] }, { kind: 'failure', reason: 'REFUSED' }],
    ['does not run in a loop', { answers: [record('CNAME', 'db.example.com', 'b.example.com'), record('CNAME', 'b.example.com', 'db.example.com')] },
      { kind: 'failure', reason: 'CNAME loop, or more than 16 of them' }],
    ['follows sixteen aliases', { answers: [...chain(16), record('A', 'c16.example.com', '192.0.2.1')] }, { kind: 'found', addresses: ['192.0.2.1'], ttl: 60 }],
    ['does not follow seventeen', { answers: [...chain(17), record('A', 'c17.example.com', '192.0.2.1')] }, { kind: 'failure', reason: 'CNAME loop, or more than 16 of them' }],
  ])('%s', (_, message, reading) => {
    expect(read(message)).toEqual(reading)
  })

  test('writes IPv6 as the API server does', () => {
    const answers = ['2001:DB8:0:0::1', '2001:db8::1', '2001:db8:0:0:1:0:0:1'].map((ip) => record('AAAA', 'db.example.com', ip))
    expect(readAnswer({ ...empty, answers }, { ...question, type: 'AAAA' })).toMatchObject({ addresses: ['2001:db8::1', '2001:db8::1:0:0:1'] })
  })

  test('says the same whatever the order of the records', () => {
    const answers = [...chain(3), ...['192.0.2.1', '192.0.2.2', '192.0.2.3'].map((ip, index) => record('A', 'c3.example.com', ip, index + 1))]
    fc.assert(fc.property(fc.shuffledSubarray(answers, { minLength: answers.length }), (shuffled) => {
      expect(read({ answers: shuffled })).toEqual({ kind: 'found', addresses: ['192.0.2.1', '192.0.2.2', '192.0.2.3'], ttl: 1 })
    }))
  })
})
