import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type Ask, askServers } from '../../src/resolve/ask-servers.ts'
import { addresses, inTurn, silence } from '../support/dns-behaviours.ts'
import { type DnsServer, startDnsServer } from '../support/dns-server.ts'

const question = { name: 'db.example.com', type: 'A' } as const
const never = new AbortController().signal
const good = addresses(['192.0.2.1'])
const found = { kind: 'found', addresses: ['192.0.2.1'], ttl: 60 }
const timeout = { kind: 'failure', reason: 'timeout' }

describe('askServers()', () => {
  let server: DnsServer
  let ask: Ask
  beforeEach(async () => {
    server = await startDnsServer()
    ask = askServers([{ address: '127.0.0.1', port: server.port }], 700)
  })
  afterEach(async () => { await server.stop() })

  async function makeSilent(): Promise<void> {
    server.answer(question.name, 'A', silence())
    await Promise.all([ask(question, never), ask(question, never)])
  }

  test('asks a server twice', async () => {
    await makeSilent()
    expect(server.queries).toHaveLength(4)
  })

  test('asks a server that was silent once, and it may answer', async () => {
    await makeSilent()
    expect(await ask(question, never)).toEqual(timeout)
    expect(server.queries).toHaveLength(5)
    server.answer(question.name, 'A', good)
    expect(await ask(question, never)).toEqual(found)
  })

  test('forgets the silence with the first answer', async () => {
    await makeSilent()
    server.answer(question.name, 'A', inTurn(good, silence(), good))
    expect(await ask(question, never)).toEqual(found)
    expect(await ask(question, never)).toEqual(found)
  })

  test('holds a signal that ended against no server', async () => {
    for (let count = 0; count < 3; count++) expect(await ask(question, AbortSignal.abort())).toEqual(timeout)
    server.answer(question.name, 'A', inTurn(silence(), good))
    expect(await ask(question, never)).toEqual(found)
  })
})
