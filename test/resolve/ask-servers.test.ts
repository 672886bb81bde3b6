import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { setImmediate as turn } from 'node:timers/promises'
import { type Ask, askServers, trialMs } from '../../src/resolve/ask-servers.ts'
import { addresses, inTurn, silence } from '../support/dns-behaviours.ts'
import { type DnsServer, startDnsServer } from '../support/dns-server.ts'

const question = { name: 'db.example.com', type: 'A' } as const
const never = new AbortController().signal
const good = addresses(['192.0.2.1'])
const found = { kind: 'found', addresses: ['192.0.2.1'], ttl: 60 }
const timeout = { kind: 'failure', reason: 'timeout' }

describe('askServers()', () => {
  let server: DnsServer
  let second: DnsServer
  let ask: Ask
  let askBoth: Ask
  let now: number
  beforeEach(async () => {
    [server, second] = await Promise.all([startDnsServer(), startDnsServer()])
    now = 0
    const servers = [server, second].map(({ port }) => ({ address: '127.0.0.1', port }))
    const clock = { elapsed: () => now }
    ask = askServers(servers.slice(0, 1), 300, clock)
    askBoth = askServers(servers, 300, clock)
  })
  afterEach(async () => { await Promise.all([server.stop(), second.stop()]) })

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

  test('holds a signal that ended while it was asked against no server', async () => {
    server.answer(question.name, 'A', silence())
    for (let count = 0; count < 4; count++) {
      const controller = new AbortController()
      const asking = ask(question, controller.signal)
      while (server.queries.length === count) await turn()
      controller.abort()
      expect(await asking).toEqual(timeout)
    }
    server.answer(question.name, 'A', inTurn(silence(), good))
    expect(await ask(question, never)).toEqual(found)
  })

  test('tries a silent server in its turn now and then, with one question', async () => {
    server.answer(question.name, 'A', silence())
    second.answer(question.name, 'A', good)
    const askFour = async (): Promise<unknown> => {
      const before = [server.queries.length, second.queries.length]
      expect(await Promise.all([1, 2, 3, 4].map(() => askBoth(question, never)))).toEqual([found, found, found, found])
      return [server.queries.length, second.queries.length].map((count, index) => count - (before[index] ?? 0))
    }
    expect(await askFour()).toEqual([4, 4])
    expect(await askFour()).toEqual([0, 4])
    now += trialMs - 1
    expect(await askFour()).toEqual([0, 4])
    now += 1
    expect(await askFour()).toEqual([1, 4])
    expect(await askFour()).toEqual([0, 4])
    server.answer(question.name, 'A', good)
    now += trialMs
    expect(await askFour()).toEqual([1, 3])
    expect(await askFour()).toEqual([4, 0])
  })
})
