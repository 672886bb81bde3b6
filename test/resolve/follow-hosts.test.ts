import { describe, expect, test } from '@jest/globals'
import { getEventListeners } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { type Resolution } from '../../src/model/observed.ts'
import { type AskNameServers } from '../../src/resolve/ask-name-servers.ts'
import { processClock } from '../../src/resolve/clock.ts'
import { type FollowHostsOptions } from '../../src/resolve/follow-hosts.ts'
import { type Ending } from '../../src/resolve/look-up.ts'
import { epoch, followed, type Followed, question, questions, settings } from './followed.ts'

const [a, b, c] = ['192.0.2.1', '192.0.2.2', '192.0.2.3'] as const
const host = 'db.example.com'
const found = (addresses: readonly string[], ttl = 60): Ending => ({ kind: 'found', addresses, ttl })
const nxdomain: Ending = { kind: 'absent', reason: 'NXDOMAIN', ttl: 300 }
const failure = (reason = 'timeout'): Ending => ({ kind: 'failure', reason })
const isFound = (seconds: number, ...addresses: readonly string[]): Resolution => ({ outcome: 'found', addresses, expiresAt: epoch + 1000 * seconds })
const retained = (seconds: number, ...addresses: readonly string[]): NonNullable<(Resolution & { outcome: 'found' })['retained']> =>
  addresses.map((address) => ({ address, lastSeenAt: epoch + 1000 * seconds }))
const unknown = (reason: string): Resolution => ({ outcome: 'unknown', reason })
const unconfirmed = (reason: string): Resolution => ({ outcome: 'unknown', reason, isUnconfirmed: true })

type Said = Ending | Promise<Ending> | ((signal: AbortSignal) => Promise<Ending>)
interface Scripted extends Followed {
  /** `host type` -> what is said to it, the last one for ever. */
  readonly says: Map<string, Said[]>
  /** `seconds host type` of every look-up. */
  readonly asked: string[]
  readonly signals: AbortSignal[]
}

/** A follower whose look-ups are scripted. What is not, is found to have the address a. */
function scripted(script: Readonly<Record<string, readonly Said[]>> = {}, options: Partial<FollowHostsOptions> = {}): Scripted {
  const says = new Map(Object.entries(script).map(([name, said]) => [name, [...said]]))
  const [asked, signals]: [string[], AbortSignal[]] = [[], []]
  const ask: AskNameServers = async ({ name, type }, _, signal) => {
    asked.push(`${(world.clock.elapsed() - start) / 1000} ${name} ${type}`)
    signals.push(signal)
    const said = says.get(`${name} ${type}`) ?? []
    const next = (said.length > 1 ? said.shift() : said[0]) ?? found([a])
    return typeof next === 'function' ? next(signal) : next
  }
  const world = followed({ ask, ...options })
  const start = world.clock.elapsed()
  return Object.assign(world, { says, asked, signals })
}

const of = ({ follower }: Followed, name = host): Resolution | undefined => follower.resolutions.get(name)?.IPv4
const secondsOf = ({ asked }: Scripted): readonly number[] => asked.map((line) => Number(line.split(' ')[0]))
/** Follows the one host and lets the first answer come. */
async function followOne(world: Scripted, by: Parameters<typeof question>[0] = {}, under = settings): Promise<void> {
  world.follower.follow(questions([host], by), under)
  await world.clock.pass(0)
}
const untilAborted = (signal: AbortSignal): Promise<Ending> =>
  new Promise((resolve) => { signal.addEventListener('abort', () => { resolve(failure()) }, { once: true }) })

describe('followHosts()', () => {
  describe('asks', () => {
    test('at once, and again each time the answer ends', async () => {
      const world = scripted()
      await followOne(world)
      expect(of(world)).toEqual(isFound(60, a))
      await world.clock.pass(180_000)
      expect(world.asked).toEqual([`0 ${host} A`, `60 ${host} A`, `120 ${host} A`, `180 ${host} A`])
      expect(of(world)).toEqual(isFound(240, a))
    })

    test('each record type on its own', async () => {
      const world = scripted({ [`${host} AAAA`]: [found(['2001:db8::1'], 11)] })
      await followOne(world, { families: ['IPv4', 'IPv6'] })
      expect(world.follower.resolutions.get(host)).toEqual({ IPv4: isFound(60, a), IPv6: isFound(11, '2001:db8::1') })
      await world.clock.pass(22_000)
      expect(world.asked).toEqual([`0 ${host} A`, `0 ${host} AAAA`, `11 ${host} AAAA`, `22 ${host} AAAA`])
    })

    test.each([[0, [0, 5, 10, 15]], [3, [0, 5, 10, 15]], [0xffff_ffff, [0, 3600, 7200]], [0x8000_0000, [0, 3600, 7200]]])('with TTL %d neither in a hot loop nor never', async (ttl, times) => {
      const world = scripted({ [`${host} A`]: [found([a], ttl)] })
      await followOne(world)
      await world.clock.pass(ttl < 10 ? 19_000 : 10_000_000)
      expect(secondsOf(world)).toEqual(times)
    })

    test('apart also what may not be asked for any sooner than it ends', async () => {
      const chances = [0.9, 0.5, 0.1]
      const world = scripted({ 'a.example A': [found([a], 5)], 'b.example A': [found([a], 5)], 'c.example A': [found([a], 5)] }, { random: () => chances.shift() ?? 0.99 })
      world.follower.follow(questions(['a.example', 'b.example', 'c.example']), settings)
      await world.clock.pass(15_000)
      expect(world.asked.slice(3)).toEqual(['5.5 c.example A', '7.5 b.example A', '9.5 a.example A', '10.5 c.example A', '12.5 b.example A', '14.5 a.example A'])
    })

    test('for good apart what was asked together', async () => {
      const chances = [0.9, 0.5, 0.1]
      const world = scripted({}, { random: () => chances.shift() ?? 0.99 })
      world.follower.follow(questions(['a.example', 'b.example', 'c.example']), settings)
      await world.clock.pass(119_000)
      expect(world.asked.slice(3)).toEqual(['33 a.example A', '45 b.example A', '57 c.example A', '93 a.example A', '105 b.example A', '117 c.example A'])
    })

    test('soon and then more and more seldom what DNS does not know, whatever TTL was before', async () => {
      const world = scripted({ [`${host} A`]: [found([a], 3600), failure(), failure(), failure(), failure(), failure(), failure(), failure(), found([a])] })
      await followOne(world)
      await world.clock.pass(3_760_000)
      expect(secondsOf(world)).toEqual([0, 3600, 3601, 3603, 3607, 3615, 3631, 3661, 3691, 3751])
    })

    test('sooner while an absence waits for its confirmation, then by the negative TTL', async () => {
      const world = scripted({ [`${host} A`]: [found([a]), nxdomain] })
      await followOne(world)
      await world.clock.pass(670_000)
      expect(secondsOf(world)).toEqual([0, 60, 65, 70, 370, 670])
    })

    test('at most 64 at a time, and everything once', async () => {
      let [underWay, most] = [0, 0]
      const world = scripted({}, { ask: async () => {
        most = Math.max(most, ++underWay)
        await turn()
        underWay--
        return underWay % 2 === 0 ? found([a]) : failure()
      } })
      world.follower.follow(questions(Array.from({ length: 1000 }, (_, index) => `h${index}.example`), { families: ['IPv4', 'IPv6'] }), settings)
      while (world.told.filter(({ kind }) => kind === 'asked').length < 2000) await turn()
      for (let second = 0; second < 5; second++) await world.clock.pass(1000)
      expect(most).toBeGreaterThan(32)
      expect(most).toBeLessThanOrEqual(64)
      await world.follower.stop()
    })

    test('those that answer in time, however many hang', async () => {
      const dead = Array.from({ length: 500 }, (_, index) => `dead${index}.example`)
      const world = scripted(Object.fromEntries(dead.map((name) => [`${name} A`, [failure(), untilAborted]])))
      world.follower.follow(questions([host, ...dead]), settings)
      await world.clock.pass(0)
      await world.clock.pass(600_000)
      expect(world.asked.filter((line) => line.includes(host))).toEqual(Array.from({ length: 11 }, (_, index) => `${60 * index} ${host} A`))
      expect(world.asked.filter((line) => line.includes('dead') && !line.startsWith('0 '))).toHaveLength(16)
      await world.follower.stop()
    })

    test('neither more nor less when the wall clock jumps, and shows times by the new one', async () => {
      const world = scripted({ [`${host} A`]: [found([a, b]), found([a])] })
      await followOne(world, { retainSeconds: 7200 })
      await world.clock.pass(90_000)
      for (const hours of [1, -1]) {
        world.moved = hours * 3_600_000
        expect(of(world)).toEqual({ ...isFound(120 + hours * 3600, a), retained: retained(60 + hours * 3600, b) })
        expect(world.follower.states()[0]?.nextAskAt).toBe(epoch + 120_000 + hours * 3_600_000)
      }
      await world.clock.pass(100_000)
      expect(secondsOf(world)).toEqual([0, 60, 120, 180])
      expect(world.changed).toEqual([host, host])
    })

    test('on after a look-up that threw', async () => {
      const world = scripted({ [`${host} A`]: [() => Promise.reject(new Error('a bug')), found([a])] })
      await followOne(world)
      expect(of(world)).toEqual(unknown('a bug'))
      await world.clock.pass(1000)
      expect(of(world)).toEqual(isFound(61, a))
    })
  })

  describe('believes', () => {
    test('nothing before the first answer', async () => {
      const world = scripted({ [`${host} AAAA`]: [untilAborted] })
      world.follower.follow(questions([host], { families: ['IPv4', 'IPv6'] }), settings)
      expect([...world.follower.resolutions]).toEqual([])
      expect(world.follower.states()).toEqual([
        { host, family: 'IPv4', resolution: undefined, nextAskAt: epoch, failures: 0 }, { host, family: 'IPv6', resolution: undefined, nextAskAt: epoch, failures: 0 },
      ])
      await world.clock.pass(0)
      expect([...world.follower.resolutions]).toEqual([[host, { IPv4: isFound(60, a) }]])
      expect(world.follower.states()[1]?.resolution).toBeUndefined()
      await world.follower.stop()
    })

    test('not that it knows after a failure, and says how many there were', async () => {
      const world = scripted({ [`${host} A`]: [found([a]), failure('SERVFAIL'), failure('SERVFAIL'), found([a])] })
      await followOne(world)
      await world.clock.pass(61_000)
      expect(of(world)).toEqual(unknown('SERVFAIL'))
      expect(world.follower.states()).toEqual([{ host, family: 'IPv4', resolution: unknown('SERVFAIL'), nextAskAt: epoch + 63_000, failures: 2 }])
      await world.clock.pass(2000)
      expect(world.follower.states()).toEqual([{ host, family: 'IPv4', resolution: isFound(123, a), nextAskAt: epoch + 123_000, failures: 0 }])
    })

    test('no absence before it is confirmed', async () => {
      const world = scripted({ [`${host} A`]: [found([a]), nxdomain] })
      await followOne(world)
      const beliefs: (Resolution | undefined)[] = []
      for (const seconds of [60, 5, 5]) {
        await world.clock.pass(seconds * 1000)
        beliefs.push(of(world))
      }
      expect(beliefs).toEqual([unconfirmed('absent (NXDOMAIN), 1 of 3'), unconfirmed('absent (NXDOMAIN), 2 of 3'), { outcome: 'absent', reason: 'NXDOMAIN', expiresAt: epoch + 370_000 }])
    })

    test('what left for as long as it is retained, to the moment', async () => {
      const world = scripted({ [`${host} A`]: [found([a, b], 3600), found([b], 3600)] })
      await followOne(world, { retainSeconds: 90 })
      await world.clock.pass(3_600_000)
      expect(of(world)).toEqual({ ...isFound(7200, b), retained: retained(3600, a) })
      await world.clock.pass(89_999)
      expect(of(world)).toMatchObject({ retained: [{ address: a }] })
      world.changed.length = 0
      await world.clock.pass(1)
      expect(of(world)).toEqual(isFound(7200, b))
      expect(world.changed).toEqual([host])
      expect(world.told.at(-1)).toMatchObject({ kind: 'host', state: { resolution: isFound(7200, b) }, before: { retained: [{ address: a }] } })
    })

    test('with two timers, however many answers come while it is retained', async () => {
      const world = scripted({ [`${host} A`]: [found([a, b]), found([b])] })
      await followOne(world, { retainSeconds: 3600 })
      await world.clock.pass(3_000_000)
      expect(world.clock.timers()).toBe(2)
    })

    test('for longer where longer is wanted from now on', async () => {
      const world = scripted({ [`${host} A`]: [found([a, b]), found([b], 3600)] })
      await followOne(world, { retainSeconds: 90 })
      await world.clock.pass(60_000)
      world.follower.follow(questions([host], { retainSeconds: 180 }), settings)
      await world.clock.pass(179_000)
      expect(of(world)).toMatchObject({ retained: [{ address: a }] })
      await world.clock.pass(1000)
      expect(of(world)).toEqual(isFound(3660, b))
    })

    test('what is published to have been there until the first answer, each type its own', async () => {
      const world = scripted({ [`${host} AAAA`]: [found(['2001:db8::1'])] })
      await followOne(world, { families: ['IPv4', 'IPv6'], retainSeconds: 300, published: [b, '2001:db8::2'] })
      expect(world.follower.resolutions.get(host)).toEqual({
        IPv4: { ...isFound(60, a), retained: retained(0, b) },
        IPv6: { ...isFound(60, '2001:db8::1'), retained: retained(0, '2001:db8::2') },
      })
    })
  })

  describe('tells', () => {
    test('of a change, and of no mere renewal', async () => {
      const world = scripted({ [`${host} A`]: [found([a, b]), found([b, a]), found([a, b]), found([a, c])] })
      await followOne(world)
      expect(world.changed).toEqual([host])
      await world.clock.pass(120_000)
      expect(world.changed).toEqual([host])
      await world.clock.pass(60_000)
      expect(world.changed).toEqual([host, host])
      expect(world.told.filter(({ kind }) => kind === 'host')).toEqual([
        { kind: 'host', state: { host, family: 'IPv4', resolution: isFound(60, a, b), nextAskAt: epoch + 60_000, failures: 0 }, before: undefined },
        { kind: 'host', state: { host, family: 'IPv4', resolution: isFound(240, a, c), nextAskAt: epoch + 240_000, failures: 0 }, before: isFound(180, a, b) },
      ])
    })

    test('of an outage once', async () => {
      const world = scripted({ [`${host} A`]: [found([a]), failure(), failure(), failure(), found([a])] })
      await followOne(world)
      await world.clock.pass(100_000)
      expect(world.changed).toHaveLength(3)
    })

    test('who is called what is believed now', async () => {
      const seen: unknown[] = []
      const world: Scripted = scripted({ [`${host} A`]: [found([a]), failure()] }, { changed: () => { seen.push(of(world)) } })
      await followOne(world)
      await world.clock.pass(60_000)
      expect(seen).toEqual([isFound(60, a), unknown('timeout')])
    })

    test('of each look-up what came of it and how long it took', async () => {
      const world: Scripted = scripted({ [`${host} A`]: [found([a]), () => new Promise((resolve) => { world.clock.after(1500, () => { resolve(failure('SERVFAIL')) }) }), nxdomain] })
      await followOne(world)
      await world.clock.pass(70_000)
      const asked = { kind: 'asked', host, family: 'IPv4' }
      expect(world.told.filter(({ kind }) => kind === 'asked').slice(0, 3)).toEqual([
        { ...asked, outcome: 'found', reason: '', seconds: 0 },
        { ...asked, outcome: 'unknown', reason: 'SERVFAIL', seconds: 1.5 },
        { ...asked, outcome: 'absent', reason: 'NXDOMAIN', seconds: 0 },
      ])
    })
  })

  describe('follows anew', () => {
    test('with memory and timers of what stays', async () => {
      const world = scripted()
      await followOne(world)
      await world.clock.pass(30_000)
      world.follower.follow(questions([host, 'new.example']), settings)
      expect(of(world)).toEqual(isFound(60, a))
      await world.clock.pass(30_000)
      expect(world.asked).toEqual([`0 ${host} A`, '30 new.example A', `60 ${host} A`])
      expect(world.changed).toEqual([host, 'new.example'])
    })

    test('asking a new family at once, and forgetting one that is no longer wanted', async () => {
      const world = scripted({ [`${host} AAAA`]: [found(['2001:db8::1'])] })
      await followOne(world)
      await world.clock.pass(10_000)
      world.follower.follow(questions([host], { families: ['IPv4', 'IPv6'] }), settings)
      await world.clock.pass(10_000)
      expect(world.asked).toEqual([`0 ${host} A`, `10 ${host} AAAA`])
      world.follower.follow(questions([host], { families: ['IPv6'] }), settings)
      expect(world.follower.resolutions.get(host)).toEqual({ IPv6: isFound(70, '2001:db8::1') })
      await world.clock.pass(50_000)
      expect(world.asked).toEqual([`0 ${host} A`, `10 ${host} AAAA`, `70 ${host} AAAA`])
    })

    test('asking by the new settings from the next look-up on', async () => {
      const used: unknown[] = []
      const world = scripted({}, { ask: (_, { nameservers, timeoutSeconds }) => {
        used.push([...nameservers, timeoutSeconds])
        return Promise.resolve(found([a], 10))
      } })
      await followOne(world)
      world.follower.follow(questions([host]), { ...settings, nameservers: ['192.0.2.54'], timeoutSeconds: 7, minTTLSeconds: 50 })
      await world.clock.pass(10_000)
      expect(used).toEqual([['192.0.2.53', 2], ['192.0.2.54', 7]])
      expect(of(world)).toEqual(isFound(60, a))
    })

    test('without what is removed: its look-up is dropped, its timers end, and nobody is called', async () => {
      let answer = (_: Ending): void => undefined
      const world = scripted({ [`${host} A`]: [new Promise<Ending>((resolve) => { answer = resolve })], 'gone.example A': [found([a, b]), found([b])] })
      world.follower.follow(new Map([[host, question()], ['gone.example', question({ retainSeconds: 300 })]]), settings)
      await world.clock.pass(60_000)
      expect(world.follower.resolutions.get('gone.example')).toMatchObject({ IPv4: { retained: [{ address: a }] } })
      const before = [world.changed.length, world.told.length]
      world.follower.follow(new Map(), settings)
      expect(world.signals.map(({ aborted }) => aborted)).toEqual([true, true, true])
      answer(found([a]))
      await world.clock.pass(9_000_000)
      expect([world.changed.length, world.told.length]).toEqual(before)
      expect([...world.follower.resolutions, ...world.follower.states()]).toEqual([])
      expect(world.clock.timers()).toBe(0)
    })

    test('with nothing left of what was removed and comes back', async () => {
      const world = scripted({ [`${host} A`]: [found([a]), failure()] })
      await followOne(world)
      world.follower.follow(new Map(), settings)
      world.follower.follow(questions([host]), settings)
      expect(of(world)).toBeUndefined()
      await world.clock.pass(0)
      expect(of(world)).toEqual(unknown('timeout'))
    })

    test('with one timer for a family that is named twice', async () => {
      const world = scripted()
      await followOne(world, { families: ['IPv4', 'IPv4'] })
      expect(world.asked).toHaveLength(1)
      world.follower.follow(new Map(), settings)
      expect(world.clock.timers()).toBe(0)
    })

    test('not at all with a name server that is none', async () => {
      const world = scripted()
      await followOne(world)
      expect(() => { world.follower.follow(new Map(), { ...settings, nameservers: ['dns.example.com'] }) }).toThrow('Not a name server: dns.example.com')
      expect(of(world)).toEqual(isFound(60, a))
    })
  })

  describe('stop()', () => {
    test('ends timers and look-ups, waits for them, and calls nobody', async () => {
      let ended = 0
      const hanging: Said = async (signal) => {
        const ending = await untilAborted(signal)
        await turn()
        ended++
        return ending
      }
      const hosts = Array.from({ length: 200 }, (_, index) => `h${index}.example`)
      const world = scripted(Object.fromEntries(hosts.map((name) => [`${name} A`, [hanging]])))
      await followOne(world)
      world.follower.follow(questions([host, ...hosts]), settings)
      await turn()
      const before = [world.changed.length, world.told.length]
      await world.follower.stop()
      expect([world.clock.timers(), ended, world.asked.length]).toEqual([0, 48, 49])
      world.follower.follow(questions(['late.example']), settings)
      await world.clock.pass(100_000)
      expect([world.changed.length, world.told.length, world.asked.length]).toEqual([...before, 49])
      expect(of(world)).toEqual(isFound(60, a))
      await world.follower.stop()
    })
  })

  test('leaves nothing on the signal of a host, however often it is asked', async () => {
    const world = scripted()
    await followOne(world)
    await world.clock.pass(6_000_000)
    expect(world.asked).toHaveLength(101)
    expect(new Set(world.signals).size).toBe(1)
    expect(getEventListeners(world.signals[0] ?? new EventTarget(), 'abort')).toEqual([])
  })
})

test('a view of what is believed reads as a map does', async () => {
  const world = scripted({ 'x.example A': [untilAborted] })
  world.follower.follow(questions([host, 'b.example', 'x.example']), settings)
  await world.clock.pass(0)
  const { resolutions } = world.follower
  const plain = new Map([[host, { IPv4: isFound(60, a) }], ['b.example', { IPv4: isFound(60, a) }]])
  expect([resolutions.size, resolutions.has(host), resolutions.has('x.example'), resolutions.has('y.example')]).toEqual([2, true, false, false])
  expect([[...resolutions], [...resolutions.entries()], [...resolutions.keys()], [...resolutions.values()]]).toEqual([[...plain], [...plain], [...plain.keys()], [...plain.values()]])
  const each: unknown[] = []
  resolutions.forEach((value, key, map) => { each.push([key, value, map === resolutions]) })
  expect(each).toEqual([...plain].map(([key, value]) => [key, value, true]))
  await world.follower.stop()
})

test('the process\'s timers wait when a wait is longer than a timer can be', async () => {
  let fired = 0
  const cancels = [2 ** 31, 2 ** 40, Infinity].map((ms) => processClock.after(ms, () => { fired++ }))
  const before = processClock.elapsed()
  await new Promise<void>((resolve) => { processClock.after(20, resolve) })
  expect(fired).toBe(0)
  expect(processClock.elapsed() - before).toBeGreaterThan(18)
  for (const cancel of cancels) cancel()
})
