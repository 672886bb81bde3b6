// What is believed while real DNS messages go wrong. The follower's timers wait for the test's command; time-outs are real.

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { setImmediate as turn } from 'node:timers/promises'
import { type Resolution } from '../../src/model/observed.ts'
import { processClock } from '../../src/resolve/clock.ts'
import {
  addresses, aliases, type Behaviour, echo, failing, garbage, lame, malformed, nodata, nxdomain, referral, rotating, silence, subsets, together, truncated, wrongId, wrongQuestion,
} from '../support/dns-behaviours.ts'
import { type DnsServer, startDnsServer } from '../support/dns-server.ts'
import { followed, type Followed, type question, questions, settings } from './followed.ts'

const host = 'db.example.com'
const good = addresses(['192.0.2.1', '192.0.2.2'])
const overUdp: Behaviour = (asked) => (asked.over === 'udp' ? good(asked) : [])

let server: DnsServer
let world: Followed
beforeEach(async () => {
  server = await startDnsServer()
  world = followed()
})
afterEach(async () => {
  await world.follower.stop()
  await server.stop()
})

const under = (timeoutSeconds = 5): typeof settings => ({ ...settings, nameservers: [server.address], timeoutSeconds })
const belief = (): Resolution | undefined => world.follower.resolutions.get(host)?.IPv4
const lookUps = (): number => world.told.filter(({ kind }) => kind === 'asked').length

/** Lets ms pass and waits until one more look-up has ended. */
async function oneMore(ms: number): Promise<Resolution | undefined> {
  const before = lookUps()
  await world.clock.pass(ms)
  while (lookUps() === before) await turn()
  return belief()
}

async function begin(behaviour: Behaviour, of: Parameters<typeof question>[0] = {}, timeoutSeconds?: number): Promise<Resolution | undefined> {
  server.answer(host, 'A', behaviour)
  world.follower.follow(questions([host], of), under(timeoutSeconds))
  return oneMore(0)
}

/** A good answer, one that is not, and the good one again. */
async function throughFault(fault: Behaviour, timeoutSeconds?: number): Promise<readonly (Resolution | undefined)[]> {
  const before = await begin(good, {}, timeoutSeconds)
  server.answer(host, 'A', fault)
  const during = await oneMore(60_000)
  server.answer(host, 'A', good)
  return [before, during, await oneMore(during?.outcome === 'found' ? 3_600_000 : 5000)]
}

const isGood = expect.objectContaining({ outcome: 'found', addresses: ['192.0.2.1', '192.0.2.2'] })

describe('followHosts() with a real server', () => {
  test.each<[string, Behaviour, string]>([
    ['SERVFAIL', failing('SERVFAIL'), 'SERVFAIL'],
    ['REFUSED', failing('REFUSED'), 'REFUSED'],
    ['one NXDOMAIN', nxdomain(), 'absent (NXDOMAIN), 1 of 3'],
    ['one NODATA', nodata(), 'absent (NODATA), 1 of 3'],
    ['one empty answer', nodata('no SOA'), 'absent (NODATA), 1 of 3'],
    ['aliases that end in nothing', aliases(['a.example.net'], []), 'absent (NODATA), 1 of 3'],
    ['an empty answer of one that does not know', lame(), 'lame answer'],
    ['a referral', referral(), 'lame answer'],
    ['half an answer', malformed(good), 'malformed answer'],
  ])('does not know after %s, and knows again', async (_, fault, reason) => {
    expect(await throughFault(fault)).toMatchObject([isGood, { outcome: 'unknown', reason }, isGood])
    expect(world.changed).toHaveLength(3)
  })

  test.each<[string, Behaviour]>([
    ['a time-out', silence()],
    ['another id alone', wrongId(addresses(['203.0.113.66']))],
    ['another question alone', wrongQuestion(addresses(['203.0.113.66']))],
    ['garbage alone', garbage()],
    ['its own query', echo()],
    ['a cut answer that TCP never completes', truncated(overUdp)],
  ])('does not know after %s, and knows again', async (_, fault) => {
    expect(await throughFault(fault, 0.05)).toEqual([isGood, { outcome: 'unknown', reason: 'timeout' }, isGood])
  })

  test.each<[string, Behaviour]>([
    ['a cut answer', truncated(good)],
    ['another order', rotating(['192.0.2.2', '192.0.2.1'])],
    ['another id first', together(wrongId(addresses(['203.0.113.66'])), good)],
    ['another question first', together(wrongQuestion(addresses(['203.0.113.66'])), good)],
    ['TTL 0', addresses(['192.0.2.1', '192.0.2.2'], 0)],
    ['TTL 2^32-1', addresses(['192.0.2.1', '192.0.2.2'], 0xffff_ffff)],
  ])('is not moved by %s', async (_, fault) => {
    expect(await throughFault(fault)).toEqual([isGood, isGood, isGood])
    expect(world.changed).toHaveLength(1)
  })

  test.each([[0, 5000], [0xffff_ffff, 3_600_000]])('asks for an answer of TTL %d once in %d ms', async (ttl, ms) => {
    await begin(addresses(['192.0.2.1'], ttl))
    for (let count = 0; count < 3; count++) {
      await world.clock.pass(ms - 1)
      expect(lookUps()).toBe(count + 1)
      await oneMore(1)
    }
    expect(server.queries).toHaveLength(4)
  })

  test('believes an absence that stays', async () => {
    await begin(good)
    server.forget(host)
    await oneMore(60_000)
    await oneMore(5000)
    expect(await oneMore(5000)).toMatchObject({ outcome: 'absent', reason: 'NXDOMAIN' })
    expect(world.changed).toHaveLength(3)
  })

  test('believes 1,000 records, 40 of which are others a moment later', async () => {
    const ips = Array.from({ length: 1040 }, (_, index) => `10.0.${index >> 8}.${index & 255}`)
    const [early, late] = [ips.slice(0, 1000).sort(), ips.slice(40).sort()]
    expect(await begin(addresses(early))).toMatchObject({ addresses: early })
    server.answer(host, 'A', addresses(late))
    expect(await oneMore(60_000)).toMatchObject({ addresses: late })
    expect(server.queries.map(({ over }) => over)).toEqual(['udp', 'tcp', 'udp', 'tcp'])
  })

  test('holds 1,000 addresses of a pool that has more, the longest seen', async () => {
    const ips = Array.from({ length: 1500 }, (_, index) => `10.0.${index >> 8}.${index & 255}`).sort()
    expect(await begin(addresses(ips.slice(300, 1300)))).toMatchObject({ addresses: ips.slice(300, 1300) })
    server.answer(host, 'A', addresses(ips))
    expect(await oneMore(60_000)).toMatchObject({ addresses: ips.slice(300, 1300) })
    expect(world.changed).toHaveLength(1)
  })

  describe('of a pool that answers with three of nine', () => {
    const pool = Array.from({ length: 9 }, (_, index) => `192.0.2.${index + 1}`)
    const all = (): readonly string[] => {
      const resolution = belief()
      return resolution?.outcome === 'found' ? [...resolution.addresses, ...(resolution.retained ?? []).map(({ address }) => address)].sort() : []
    }

    test('has the newest three', async () => {
      await begin(subsets(pool, 3))
      const seen = [all()]
      for (let count = 0; count < 3; count++) {
        await oneMore(60_000)
        seen.push(all())
      }
      expect(seen).toEqual([pool.slice(0, 3), pool.slice(3, 6), pool.slice(6), pool.slice(0, 3)])
    })

    test('has all of them with retention, and none comes or goes any more', async () => {
      await begin(subsets(pool, 3), { retainSeconds: 300 })
      for (let count = 0; count < 2; count++) await oneMore(60_000)
      for (let count = 0; count < 9; count++) {
        expect(all()).toEqual(pool)
        await oneMore(60_000)
      }
    })

    test('has as many as there may be, for as long as there is an answer for them', async () => {
      server.answer(host, 'A', subsets(pool, 3))
      world.follower.follow(questions([host], { retainSeconds: 300 }), { ...under(), maxAddresses: 6 })
      await oneMore(0)
      await oneMore(60_000)
      const [first, second] = [pool.slice(0, 6), [...pool.slice(0, 5), '192.0.2.7']]
      expect(all()).toEqual(first)
      await oneMore(60_000)
      expect(all()).toEqual(second)
    })

    test('loses what the pool no longer has', async () => {
      await begin(subsets(pool, 3), { retainSeconds: 300 })
      for (let count = 0; count < 2; count++) await oneMore(60_000)
      server.answer(host, 'A', subsets(pool.slice(0, 6), 3))
      for (let count = 0; count < 6; count++) await oneMore(60_000)
      expect(all()).toEqual(pool.slice(0, 6))
    })
  })

  test('passes on what others have to refuse', async () => {
    expect(await begin(addresses(['0.0.0.0', '10.96.0.1', '127.0.0.1']))).toMatchObject({ outcome: 'found', addresses: ['0.0.0.0', '10.96.0.1', '127.0.0.1'] })
  })

  test('loses no packet of 10,000 hosts that are new at once', async () => {
    const hosts = Array.from({ length: 10_000 }, (_, index) => `h${index}.example.com`)
    for (const name of hosts) server.host(name, ['192.0.2.1'])
    world.follower.follow(questions(hosts), under())
    while (lookUps() < hosts.length) await turn()
    expect(server.queries).toHaveLength(10_000)
    expect([...world.follower.resolutions.values()].filter((said) => said.IPv4?.outcome === 'found')).toHaveLength(10_000)
  }, 60_000)

  test('leaves no timer, socket or listener behind in 10,000 lives', async () => {
    // Jest's own resources come and go.
    const count = (kind: string): number => process.getActiveResourcesInfo().filter((each) => each === kind).length
    const resources = (): readonly number[] => ['Timeout', 'UDPWrap', 'TCPSocketWrap', 'TCPWRAP', 'FSReqPromise'].map(count)
    const listeners = (): readonly number[] => process.eventNames().map((name) => process.listenerCount(name))
    const isMore = (): boolean => resources().some((number, index) => number > (before[index] ?? 0))
    const before = resources()
    const listenersBefore = listeners()
    server.answer(host, 'A', silence())
    server.answer('tcp.example.com', 'A', truncated(overUdp))
    const clocks = [processClock, world.clock]
    const live = async (index: number): Promise<void> => {
      const { follower, told } = followed({ clock: clocks[index % 2] ?? world.clock })
      follower.follow(questions(['good.example.com', host, 'tcp.example.com'], { retainSeconds: 1 }), under())
      for (let turns = index % 5; turns > 0; turns--) await turn()
      while (index % 20 < 2 && told.length === 0) await turn()
      follower.follow(questions([host]), under())
      await follower.stop()
    }
    for (let index = 0; index < 10_000; index++) await live(index)
    while (isMore()) await turn()
    expect(listeners()).toEqual(listenersBefore)
    expect(world.clock.timers()).toBe(0)
    expect(server.queries.length).toBeGreaterThan(5000)
    expect(server.queries.filter(({ over }) => over === 'tcp').length).toBeGreaterThan(100)
  }, 120_000)
})
