import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Family } from '../../src/model/declared.ts'
import { type Resolution } from '../../src/model/observed.ts'
import { hostResolver } from '../../src/resolve/resolve-hosts.ts'
import { type CoreDns, findCoreDns, startCoreDns } from '../support/coredns.ts'
import { followed, questions, settings } from './followed.ts'

const now = 1_000_000
const never = new AbortController().signal
const zone = (serial: number, db: readonly string[]): string => `
$ORIGIN corp.example.
$TTL 60
@ IN SOA ns.corp.example. admin.corp.example. ${serial} 3600 600 86400 30
@ IN NS ns.corp.example.
ns IN A 192.0.2.53
${db.map((ip) => `db IN ${ip.includes(':') ? 'AAAA' : 'A'} ${ip}`).join('\n')}
www 20 IN CNAME lb
lb 40 IN CNAME db
dangling IN CNAME gone
away IN CNAME lb.elsewhere.example.
a.ent IN A 192.0.2.7
*.wild IN A 192.0.2.8
pool IN A 192.0.2.30
${Array.from({ length: 200 }, (_, index) => `many IN A 10.9.0.${index + 1}`).join('\n')}
`
const found = (seconds: number, ...addresses: readonly string[]): Resolution => ({ outcome: 'found', addresses, expiresAt: now + seconds * 1000 })
const absent = (reason: 'NXDOMAIN' | 'NODATA'): Resolution => ({ outcome: 'absent', reason, expiresAt: now + 30_000 })
const refused: Resolution = { outcome: 'unknown', reason: 'REFUSED' }

const binary = findCoreDns()
if (binary === undefined) {
  const reason = 'no CoreDNS: npm run cluster -- --build-only coredns makes it'
  process.stderr.write(`skipped: coredns.test.ts: ${reason}\n`)
  if (process.env['CI'] === 'true') test('has a CoreDNS', () => { throw new Error(reason) })
}

(binary === undefined ? describe.skip : describe)('hostResolver() with a real CoreDNS', () => {
  let server: CoreDns
  beforeAll(async () => { server = await startCoreDns(binary ?? '', 'corp.example', zone(1, ['192.0.2.2', '192.0.2.1', '2001:db8::1'])) })
  afterAll(async () => { await server.stop() })

  async function ask(name: string, family: Family = 'IPv4'): Promise<Resolution | undefined> {
    const resolve = hostResolver({ nameservers: [server.address], timeoutSeconds: 5, minTTLSeconds: 1, maxTTLSeconds: 3600 }, () => now)
    return (await resolve(new Map([[name, [family]]]), never)).get(name)?.[family]
  }

  test.each<[string, string, Family, Resolution]>([
    ['A', 'db.corp.example', 'IPv4', found(60, '192.0.2.1', '192.0.2.2')],
    ['A asked for in capitals', 'DB.Corp.Example', 'IPv4', found(60, '192.0.2.1', '192.0.2.2')],
    ['AAAA', 'db.corp.example', 'IPv6', found(60, '2001:db8::1')],
    ['two aliases, for as long as the shorter', 'www.corp.example', 'IPv4', found(20, '192.0.2.1', '192.0.2.2')],
    ['two aliases to AAAA', 'www.corp.example', 'IPv6', found(20, '2001:db8::1')],
    ['more than a UDP packet holds', 'many.corp.example', 'IPv4', found(60, ...Array.from({ length: 200 }, (_, index) => `10.9.0.${index + 1}`).sort())],
    ['a wildcard', 'anything.wild.corp.example', 'IPv4', found(60, '192.0.2.8')],
    ['a name of another type', 'a.ent.corp.example', 'IPv6', absent('NODATA')],
    ['an empty name between others', 'ent.corp.example', 'IPv4', absent('NODATA')],
    ['a wildcard of another type', 'anything.wild.corp.example', 'IPv6', absent('NODATA')],
    ['aliases to another type', 'lb.corp.example', 'IPv6', found(40, '2001:db8::1')],
    ['a name that is not there', 'gone.corp.example', 'IPv4', absent('NXDOMAIN')],
    ['an alias to a name that is not there', 'dangling.corp.example', 'IPv4', absent('NXDOMAIN')],
    ['an alias out of what the server knows', 'away.corp.example', 'IPv4', refused],
    ['a zone that the server does not serve', 'db.elsewhere.example', 'IPv4', refused],
  ])('knows %s', async (_, name, family, resolution) => {
    expect(await ask(name, family)).toEqual(resolution)
  })

  test('sees a zone that was changed', async () => {
    expect(await ask('pool.corp.example')).toEqual(found(60, '192.0.2.30'))
    await server.writeZone(zone(2, ['192.0.2.3']).replace('192.0.2.30', '192.0.2.31'))
    // The server reads its file in its own time.
    while (JSON.stringify(await ask('pool.corp.example')) === JSON.stringify(found(60, '192.0.2.30'))) await sleep(20)
    expect(await ask('pool.corp.example')).toEqual(found(60, '192.0.2.31'))
    expect(await ask('db.corp.example')).toEqual(found(60, '192.0.2.3'))
    expect(await ask('db.corp.example', 'IPv6')).toEqual(absent('NODATA'))
  })
})

;(binary === undefined ? describe.skip : describe)('followHosts() with a real CoreDNS', () => {
  let server: CoreDns
  beforeAll(async () => { server = await startCoreDns(binary ?? '', 'corp.example', zone(1, ['192.0.2.1', '2001:db8::1'])) })
  afterAll(async () => { await server.stop() })

  test('follows a host that moves, goes and comes back', async () => {
    const { clock, follower } = followed()
    const host = 'db.corp.example'
    const belief = (): string => JSON.stringify(follower.resolutions.get(host), (key, value: unknown) => key === 'expiresAt' || key === 'lastSeenAt' ? undefined : value)
    const six = { outcome: 'found', addresses: ['2001:db8::1'] }
    const until = async (seconds: number, four: unknown): Promise<void> => {
      const wanted = JSON.stringify({ IPv4: four, IPv6: six })
      // The server answers, and reads its file, in its own time: the test's clock goes on by less than any wait until it has.
      for (let tries = 0; belief() !== wanted; tries += 1) {
        if (tries > 1000) throw new Error(`Not ${wanted} in the end: ${belief()}`)
        await clock.pass(seconds * 1000)
        await sleep(20)
      }
    }
    follower.follow(questions([host], { families: ['IPv4', 'IPv6'], retainSeconds: 90 }), { ...settings, nameservers: [server.address], timeoutSeconds: 5 })
    await until(0, { outcome: 'found', addresses: ['192.0.2.1'] })
    await server.writeZone(zone(2, ['192.0.2.2', '2001:db8::1']))
    await until(30, { outcome: 'found', addresses: ['192.0.2.2'], retained: [{ address: '192.0.2.1' }] })
    await until(30, { outcome: 'found', addresses: ['192.0.2.2'] })
    await server.writeZone(zone(3, ['2001:db8::1']))
    await until(4, { outcome: 'unknown', reason: 'absent (NODATA), 1 of 3', isUnconfirmed: true })
    await until(4, { outcome: 'unknown', reason: 'absent (NODATA), 2 of 3', isUnconfirmed: true })
    await until(4, { outcome: 'absent', reason: 'NODATA' })
    await server.writeZone(zone(4, ['192.0.2.4', '2001:db8::1']))
    await until(20, { outcome: 'found', addresses: ['192.0.2.4'] })
    await follower.stop()
  })
})
