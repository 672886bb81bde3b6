import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { createSocket } from 'node:dgram'
import { getEventListeners, once } from 'node:events'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Family } from '../../src/model/declared.ts'
import { type Resolution } from '../../src/model/observed.ts'
import { type NameServer } from '../../src/resolve/name-servers.ts'
import { type AskSettings, hostResolver } from '../../src/resolve/resolve-hosts.ts'
import {
  addresses, aliases, type Behaviour, delayed, echo, failing, garbage, inTurn, lame, malformed, message, nodata, nxdomain, record, records, referral,
  refusingEdns, rotating, silence, soa, together, truncated, wrongId, wrongQuestion,
} from '../support/dns-behaviours.ts'
import { type DnsServer, startDnsServer } from '../support/dns-server.ts'

const host = 'db.example.com'
const now = 1_000_000
const never = new AbortController().signal
const good = addresses(['192.0.2.1'])
const overUdp: Behaviour = (asked) => (asked.over === 'udp' ? good(asked) : [])
const foundFor = (ms: number, ...ips: readonly string[]): Resolution => ({ outcome: 'found', addresses: ips, expiresAt: now + ms })
const found = (...ips: readonly string[]): Resolution => foundFor(60_000, ...ips)
const unknown = (reason: string): Resolution => ({ outcome: 'unknown', reason })

let server: DnsServer
let second: DnsServer
beforeEach(async () => { [server, second] = await Promise.all([startDnsServer(), startDnsServer()]) })
afterEach(async () => { await Promise.all([server.stop(), second.stop()]) })

const settings = (nameservers: readonly string[], timeoutSeconds = 30): AskSettings =>
  ({ nameservers, timeoutSeconds, minTTLSeconds: 5, maxTTLSeconds: 3600 })

function resolver(nameservers: readonly string[], timeoutSeconds = 30): ReturnType<typeof hostResolver> {
  return hostResolver(settings(nameservers, timeoutSeconds), () => now)
}

/** What becomes of one A question when the server behaves so. Without silence in it a time-out of 5 s is a hang. */
async function ask(behaviour: Behaviour, timeoutSeconds?: number): Promise<Resolution | undefined> {
  server.answer(host, 'A', behaviour)
  return (await resolver([server.address], timeoutSeconds)(new Map([[host, ['IPv4']]]), never)).get(host)?.IPv4
}

/** The same with a second, well-behaved server that knows the host. */
async function askTwo(behaviour: Behaviour, timeoutSeconds?: number): Promise<Resolution | undefined> {
  server.answer(host, 'A', behaviour)
  second.answer(host, 'A', good)
  return (await resolver([server.address, second.address], timeoutSeconds)(new Map([[host, ['IPv4']]]), never)).get(host)?.IPv4
}

const hosts = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `h${index}.example.com`)
const both: readonly Family[] = ['IPv4', 'IPv6']

describe('hostResolver()', () => {
  test.each<[string, Behaviour, Resolution]>([
    ['finds addresses', good, found('192.0.2.1')],
    ['finds them through aliases, for the shortest time on the way', aliases(['a.example.net', 'b.example.net'], ['192.0.2.1'], 7), foundFor(7000, '192.0.2.1')],
    ['knows NXDOMAIN', nxdomain({ ttl: 90, minimum: 30 }), { outcome: 'absent', reason: 'NXDOMAIN', expiresAt: now + 30_000 }],
    ['knows NODATA', nodata({ ttl: 20, minimum: 30 }), { outcome: 'absent', reason: 'NODATA', expiresAt: now + 20_000 }],
    ['has NODATA, never nothing, where aliases end in nothing', aliases(['a.example.net'], []), { outcome: 'absent', reason: 'NODATA', expiresAt: now + 60_000 }],
    ['believes an absence without an SOA for the least time', nxdomain('no SOA'), { outcome: 'absent', reason: 'NXDOMAIN', expiresAt: now + 5000 }],
    ['holds an answer of TTL 0 for the least time', addresses(['192.0.2.1'], 0), foundFor(5000, '192.0.2.1')],
    ['holds an answer of TTL 2^32-1 for the longest time', addresses(['192.0.2.1'], 0xffff_ffff), foundFor(3_600_000, '192.0.2.1')],
    ['holds an answer of TTL 2^31 for the longest time', addresses(['192.0.2.1'], 0x8000_0000), foundFor(3_600_000, '192.0.2.1')],
    ['does not know on SERVFAIL', failing('SERVFAIL'), unknown('SERVFAIL')],
    ['does not know on REFUSED', failing('REFUSED'), unknown('REFUSED')],
    ['does not know on NOTIMP', failing('NOTIMP'), unknown('NOTIMP')],
    ['does not know from a lame server', lame(), unknown('lame answer')],
    ['does not know from a referral', referral(), unknown('lame answer')],
    ['does not know from half an answer', malformed(good), unknown('malformed answer')],
    ['does not know in a CNAME loop', records(record('CNAME', host, 'x.example.com'), record('CNAME', 'x.example.com', host)), unknown('CNAME loop, or more than 16 of them')],
    ['says every reason once', inTurn(failing('SERVFAIL'), failing('REFUSED')), unknown('SERVFAIL, REFUSED')],
    ['asks again after one SERVFAIL', inTurn(failing('SERVFAIL'), good), found('192.0.2.1')],
    ['takes a cut answer over TCP', truncated(good), found('192.0.2.1')],
    ['asks without EDNS after FORMERR', refusingEdns('FORMERR', good), found('192.0.2.1')],
    ['asks without EDNS after NOTIMP', refusingEdns('NOTIMP', good), found('192.0.2.1')],
    ['asks without EDNS after BADVERS', refusingEdns('BADVERS', good), found('192.0.2.1')],
    ['waits for the true answer behind another id', together(wrongId(addresses(['203.0.113.66'])), good), found('192.0.2.1')],
    ['waits for the true answer behind another question', together(wrongQuestion(addresses(['203.0.113.66'])), good), found('192.0.2.1')],
    ['waits for the true answer behind its own query', together(echo(), good), found('192.0.2.1')],
    ['waits for the true answer behind garbage', together(garbage(), good), found('192.0.2.1')],
    ['does not mind the order of the answers', rotating(['192.0.2.3', '192.0.2.1', '192.0.2.2']), found('192.0.2.1', '192.0.2.2', '192.0.2.3')],
  ])('%s', async (_, behaviour, resolution) => {
    expect(await ask(behaviour)).toEqual(resolution)
  })

  test.each<[string, Behaviour]>([
    ['silence', silence()],
    ['another id alone', wrongId(good)],
    ['another question alone', wrongQuestion(good)],
    ['garbage alone', garbage()],
    ['a cut answer that TCP never completes', truncated(overUdp)],
    ['an answer that comes too late', delayed(1000, good)],
  ])('does not know after %s', async (_, behaviour) => {
    expect(await ask(behaviour, 0.05)).toEqual(unknown('timeout'))
  })

  test('asks again when one packet is lost', async () => {
    expect(await ask(inTurn(silence(), good), 1)).toEqual(found('192.0.2.1'))
  })

  test('takes nothing from a cut answer when TCP is closed', async () => {
    const udpOnly = createSocket('udp4')
    udpOnly.on('message', (bytes, from) => {
      const answer = Buffer.from(bytes)
      answer.writeUInt16BE(0x8200, 2)
      udpOnly.send(answer, from.port, from.address)
    })
    udpOnly.bind(0, '127.0.0.1')
    await once(udpOnly, 'listening')
    const resolutions = await resolver([`127.0.0.1:${udpOnly.address().port}`])(new Map([[host, ['IPv4']]]), never)
    expect(resolutions.get(host)).toEqual({ IPv4: unknown('ECONNREFUSED') })
    udpOnly.close()
  })

  test('takes 1,000 records, which no UDP packet holds', async () => {
    const ips = Array.from({ length: 1000 }, (_, index) => `10.0.${index >> 8}.${index & 255}`)
    expect(await ask(addresses(ips))).toEqual(found(...[...ips].sort()))
    expect(server.queries.map(({ over }) => over)).toEqual(['udp', 'tcp'])
  })

  test('says of each record type what that type said', async () => {
    server.answer(host, 'A', good)
    server.answer(host, 'AAAA', failing('SERVFAIL'))
    server.host('six.example.com', ['2001:DB8::1'])
    const resolutions = await resolver([server.address])(new Map([[host, both], ['six.example.com', both], ['gone.example.com', ['IPv6']]]), never)
    expect(Object.fromEntries(resolutions)).toEqual({
      [host]: { IPv4: found('192.0.2.1'), IPv6: unknown('SERVFAIL') },
      'six.example.com': { IPv4: { outcome: 'absent', reason: 'NODATA', expiresAt: now + 300_000 }, IPv6: found('2001:db8::1') },
      'gone.example.com': { IPv6: { outcome: 'absent', reason: 'NXDOMAIN', expiresAt: now + 300_000 } },
    })
  })

  test('one bad address takes no good one with it', async () => {
    server.answer(host, 'AAAA', addresses(['::ffff:10.0.0.1', '2001:db8::2']))
    const resolutions = await resolver([server.address])(new Map([[host, ['IPv6']]]), never)
    expect(resolutions.get(host)).toEqual({ IPv6: found('2001:db8::2', '::ffff:a00:1') })
  })

  describe('with a second server', () => {
    test.each<[string, Behaviour]>([
      ['SERVFAIL', failing('SERVFAIL')], ['REFUSED', failing('REFUSED')], ['NOTIMP', failing('NOTIMP')], ['FORMERR', failing('FORMERR')],
      ['a lame answer', lame()], ['a referral', referral()], ['half an answer', malformed(good)],
      ['a CNAME loop', records(record('CNAME', host, host))],
    ])('asks it after %s', async (_, behaviour) => {
      expect(await askTwo(behaviour)).toEqual(found('192.0.2.1'))
    })

    test('asks it after silence', async () => {
      expect(await askTwo(silence(), 1)).toEqual(found('192.0.2.1'))
    })

    test('asks it at once where nobody listens', async () => {
      await server.stop()
      second.answer(host, 'A', good)
      const resolutions = await resolver([server.address, second.address], 30)(new Map([[host, ['IPv4']]]), never)
      expect(resolutions.get(host)?.IPv4).toEqual(found('192.0.2.1'))
      server = await startDnsServer()
    })

    test.each<[string, Behaviour, string]>([['NXDOMAIN', nxdomain(), 'NXDOMAIN'], ['NODATA', nodata(), 'NODATA']])('does not ask it after %s, an answer', async (_, behaviour, reason) => {
      expect(await askTwo(behaviour)).toMatchObject({ outcome: 'absent', reason })
      expect(second.queries).toEqual([])
    })

    test('lets a dead first server cost the first questions their time, not all', async () => {
      const names = hosts(200)
      for (const name of names) {
        server.answer(name, 'A', silence())
        second.answer(name, 'A', good)
      }
      const resolutions = await resolver([server.address, second.address], 2)(new Map(names.map((name) => [name, ['IPv4']])), never)
      expect([...resolutions.values()]).toEqual(names.map(() => ({ IPv4: found('192.0.2.1') })))
      expect(server.queries.length).toBeLessThan(100)
    })
  })

  describe('where the server leaves an alias to us', () => {
    test('asks on, and remembers the shorter time', async () => {
      server.answer('lb.example.net', 'A', addresses(['192.0.2.1'], 300))
      expect(await ask(records(record('CNAME', host, 'lb.example.net', 9)))).toEqual(foundFor(9000, '192.0.2.1'))
      expect(server.queries.map(({ name }) => name)).toEqual([host, 'lb.example.net'])
    })

    test.each<[string, Behaviour, Resolution]>([
      ['is absent', nxdomain(), { outcome: 'absent', reason: 'NXDOMAIN', expiresAt: now + 60_000 }],
      ['is unknown', failing('REFUSED'), unknown('REFUSED')],
    ])('the host %s as its end is', async (_, behaviour, resolution) => {
      server.answer('lb.example.net', 'A', behaviour)
      expect(await ask(records(record('CNAME', host, 'lb.example.net')))).toEqual(resolution)
    })

    test('does not go round for ever', async () => {
      server.answer('a.example.net', 'A', records(record('CNAME', 'a.example.net', host)))
      expect(await ask(records(record('CNAME', host, 'a.example.net')))).toEqual(unknown('CNAME loop, or more than 8 questions'))
      expect(server.queries).toHaveLength(8)
    })

    test('all the aliases share the time of one question', async () => {
      const slow = (next: string): Behaviour => (asked) => delayed(60, records(record('CNAME', asked.name, next)))(asked)
      for (const index of [1, 2, 3, 4, 5]) server.answer(`a${index}.example.net`, 'A', slow(`a${index + 1}.example.net`))
      expect(await ask(slow('a1.example.net'), 0.1)).toEqual(unknown('timeout'))
    })

    test('asks no name that is none', async () => {
      expect(await ask(records(record('CNAME', host, 'bücher.example.net')))).toEqual(unknown('not a DNS name'))
    })
  })

  test('asks each host once a record type, with ids and ports that nobody can foresee', async () => {
    const names = hosts(1000)
    for (const name of names) server.host(name, ['192.0.2.1', '2001:db8::1'])
    const resolutions = await resolver([server.address])(new Map(names.map((name) => [name, both])), never)
    expect([...resolutions.keys()]).toEqual(names)
    expect(new Set([...resolutions.values()].map((answers) => JSON.stringify(answers)))).toEqual(new Set([JSON.stringify({ IPv4: found('192.0.2.1'), IPv6: found('2001:db8::1') })]))
    expect(server.queries.map(({ name, type }) => `${name} ${type}`).sort()).toEqual(names.flatMap((name) => [`${name} A`, `${name} AAAA`]).sort())
    // 2,000 draws from 65,536 ids repeat about thirty times; the kernel has some 28,000 ports.
    expect(new Set(server.queries.map(({ id }) => id)).size).toBeGreaterThan(1900)
    expect(new Set(server.queries.map(({ fromPort }) => fromPort)).size).toBeGreaterThan(1500)
  })

  test('has at most 64 questions under way', async () => {
    let underWay = 0
    let most = 0
    const counting: Behaviour = async (asked) => {
      most = Math.max(most, ++underWay)
      const packets = await delayed(20, good)(asked)
      underWay--
      return packets
    }
    const names = hosts(200)
    for (const name of names) server.answer(name, 'A', counting)
    await resolver([server.address])(new Map(names.map((name) => [name, ['IPv4']])), never)
    expect(most).toBeGreaterThan(32)
    expect(most).toBeLessThanOrEqual(64)
  })

  test('asks nothing for an address, and says so', async () => {
    const resolutions = await resolver([server.address])(new Map([['192.0.2.1', ['IPv4']], ['a..b', ['IPv4']]]), never)
    expect([...resolutions.values()]).toEqual([{ IPv4: unknown('not a DNS name') }, { IPv4: unknown('not a DNS name') }])
    expect(server.queries).toEqual([])
  })

  test('rejects on abort, at once and without a socket or a rejection left behind', async () => {
    const unhandled: unknown[] = []
    const note = (reason: unknown): void => { unhandled.push(reason) }
    process.on('unhandledRejection', note)
    const before = openSockets()
    const controller = new AbortController()
    const names = hosts(100)
    for (const [index, name] of names.entries()) server.answer(name, 'A', index % 2 === 0 ? silence() : truncated(overUdp))
    const resolving = resolver([server.address], 60)(new Map(names.map((name) => [name, ['IPv4']])), controller.signal)
    while (server.queries.filter(({ over }) => over === 'tcp').length < 32) await nextTurn()
    controller.abort(new Error('enough'))
    await expect(resolving).rejects.toThrow('enough')
    while (openSockets() > before) await nextTurn()
    process.off('unhandledRejection', note)
    expect(unhandled).toEqual([])
    await expect(resolver([server.address])(new Map([[host, both]]), controller.signal)).rejects.toThrow('enough')
  })

  test('leaves no socket behind', async () => {
    const before = openSockets()
    const names = hosts(50)
    for (const [index, name] of names.entries()) server.answer(name, 'A', [good, silence(), truncated(good), failing('SERVFAIL'), garbage()][index % 5] ?? good)
    await resolver([server.address], 0.05)(new Map(names.map((name) => [name, both])), never)
    while (openSockets() > before) await nextTurn()
  })

  test('leaves no timer behind that keeps the process, and nothing on the signal', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
    server.host(host, ['192.0.2.1'])
    const before = timers()
    await resolver([server.address], 3600)(new Map([[host, both]]), never)
    expect(timers()).toBe(before)
    expect(getEventListeners(never, 'abort')).toEqual([])
  })

  test('reads the machine\'s own servers anew in each pass, and only where none are declared', async () => {
    const readings: NameServer[][] = [server, second].map(({ port }) => [{ address: '127.0.0.1', port }])
    const resolve = hostResolver(settings([]), () => now, () => Promise.resolve(readings.shift() ?? []))
    server.host(host, ['192.0.2.1'])
    second.host(host, ['192.0.2.2'])
    const passes = [await resolve(new Map([[host, ['IPv4']]]), never), await resolve(new Map([[host, ['IPv4']]]), never)]
    expect(passes.map((pass) => pass.get(host)?.IPv4)).toEqual([found('192.0.2.1'), found('192.0.2.2')])
    const declared = hostResolver(settings([second.address]), () => now, () => Promise.reject(new Error('not to be read')))
    expect((await declared(new Map([[host, ['IPv4']]]), never)).get(host)).toEqual({ IPv4: found('192.0.2.2') })
  })

  test('is not made with a name server that is none', () => {
    expect(() => resolver(['dns.example.com'])).toThrow('Not a name server: dns.example.com')
  })
})

/** Every UDP and TCP handle of this process but those that listen for the tests. */
function openSockets(): number {
  return process.getActiveResourcesInfo().filter((kind) => /UDP|TCPSocket/.test(kind)).length
}

test('an SOA of another zone makes no alias absent', async () => {
  server.host('lb.example.net', ['192.0.2.1'])
  expect(await ask(message({ answers: [record('CNAME', host, 'lb.example.net')], authorities: [soa({ zone: 'example.com' })] }))).toEqual(found('192.0.2.1'))
})
