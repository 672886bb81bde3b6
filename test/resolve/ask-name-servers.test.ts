import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type AskNameServers, askNameServers, rereadMs } from '../../src/resolve/ask-name-servers.ts'
import { type NameServer } from '../../src/resolve/name-servers.ts'
import { addresses, silence } from '../support/dns-behaviours.ts'
import { type DnsServer, startDnsServer } from '../support/dns-server.ts'

const question = { name: 'db.example.com', type: 'A' } as const
const never = new AbortController().signal
const found = (ip: string): unknown => ({ kind: 'found', addresses: [ip], ttl: 60 })

describe('askNameServers()', () => {
  let [first, second]: DnsServer[] = []
  let now: number
  let own: readonly NameServer[]
  let readings: number
  let ask: AskNameServers
  const at = (server: DnsServer | undefined): NameServer => ({ address: '127.0.0.1', port: server?.port ?? 0 })
  const settings = (...servers: readonly (DnsServer | undefined)[]): Parameters<AskNameServers>[1] =>
    ({ nameservers: servers.map((server) => server?.address ?? ''), timeoutSeconds: 0.2 })
  beforeEach(async () => {
    [first, second] = await Promise.all([startDnsServer(), startDnsServer()])
    first.answer(question.name, 'A', addresses(['192.0.2.1']))
    second.answer(question.name, 'A', addresses(['192.0.2.2']))
    ;[now, readings, own] = [0, 0, [at(first)]]
    ask = askNameServers(() => {
      readings++
      return Promise.resolve(own)
    }, { elapsed: () => now })
  })
  afterEach(async () => { await Promise.all([first?.stop(), second?.stop()]) })

  test('asks the servers that the settings name at the moment, and reads no file for it', async () => {
    expect(await ask(question, settings(first), never)).toEqual(found('192.0.2.1'))
    expect(await ask(question, settings(second), never)).toEqual(found('192.0.2.2'))
    expect(readings).toBe(0)
  })

  test('reads the machine\'s own now and then, and once for all that ask together', async () => {
    expect(await Promise.all([1, 2, 3].map(() => ask(question, settings(), never)))).toEqual([1, 2, 3].map(() => found('192.0.2.1')))
    own = [at(second)]
    now = rereadMs - 1
    expect(await ask(question, settings(), never)).toEqual(found('192.0.2.1'))
    expect(readings).toBe(1)
    now = rereadMs
    expect(await ask(question, settings(), never)).toEqual(found('192.0.2.2'))
    expect(readings).toBe(2)
  })

  test('remembers silent servers from question to question, and forgets them with other servers', async () => {
    first?.answer(question.name, 'A', silence())
    const both = settings(first, second)
    await Promise.all([1, 2, 3].map(() => ask(question, both, never)))
    expect(first?.queries).toHaveLength(3)
    expect(await ask(question, { ...both, nameservers: [...both.nameservers] }, never)).toEqual(found('192.0.2.2'))
    expect(first?.queries).toHaveLength(3)
    await ask(question, { ...both, timeoutSeconds: 0.1 }, never)
    expect(first?.queries).toHaveLength(4)
  })
})
