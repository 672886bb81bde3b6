import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { createSocket } from 'node:dgram'
import { getEventListeners, once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { exchange } from '../../src/resolve/exchange.ts'
import { addresses, type Behaviour, truncated, wrongId, wrongQuestion } from '../support/dns-behaviours.ts'
import { type DnsServer, startDnsServer } from '../support/dns-server.ts'

const question = { name: 'db.example.com', type: 'A' } as const
const never = new AbortController().signal
const good = addresses(['192.0.2.1'])
const malformed = { kind: 'failure', reason: 'malformed answer' }

describe('exchange()', () => {
  let server: DnsServer
  beforeEach(async () => { server = await startDnsServer() })
  afterEach(async () => { await server.stop() })

  async function ask(overTcp: Behaviour): Promise<unknown> {
    server.answer(question.name, 'A', (asked) => (asked.over === 'tcp' ? overTcp : truncated(good))(asked))
    return exchange({ address: '127.0.0.1', port: server.port }, question, never)
  }

  test('puts the pieces of a stream together', async () => {
    expect(await ask(good)).toMatchObject({ kind: 'message', message: { answers: [{ data: '192.0.2.1' }] } })
  })

  test.each<[string, Behaviour]>([['another id', wrongId(good)], ['another question', wrongQuestion(good)]])('does not wait behind %s in a stream', async (_, behaviour) => {
    expect(await ask(behaviour)).toEqual(malformed)
  })

  test('takes no answer that is cut over TCP too', async () => {
    expect(await ask((asked) => truncated(good)({ ...asked, over: 'udp' }))).toEqual(malformed)
  })

  test('leaves nothing on the signal', async () => {
    await ask(good)
    expect(getEventListeners(never, 'abort')).toEqual([])
  })

  test('opens no socket for a signal that has ended', async () => {
    expect(await exchange({ address: '127.0.0.1', port: server.port }, question, AbortSignal.abort())).toEqual({ kind: 'failure', reason: 'timeout' })
    expect(server.queries).toEqual([])
  })
})

test('exchange() does not wait for a connection that was closed', async () => {
  const tcp: Server = createServer((socket) => { socket.end() })
  await once(tcp.listen(0, '127.0.0.1'), 'listening')
  const { port } = tcp.address() as AddressInfo
  const udp = createSocket('udp4', (bytes, from) => {
    bytes.writeUInt16BE(0x8200, 2)
    udp.send(bytes, from.port, from.address)
  })
  udp.bind(port, '127.0.0.1')
  await once(udp, 'listening')
  const reply = await exchange({ address: '127.0.0.1', port }, question, never)
  expect(reply.kind === 'failure' ? reply.reason : reply.kind).toMatch(/closed without|ECONNRESET|EPIPE/)
  udp.close()
  tcp.close()
})
