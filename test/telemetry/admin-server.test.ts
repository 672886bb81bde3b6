import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from '@jest/globals'
import { type Happening } from '../../src/model/happenings.ts'
import { answerChunks } from '../../src/telemetry/answer.ts'
import { type Admin, openAdmin, type AdminOptions } from '../../src/telemetry/admin-server.ts'
import { openMetrics } from '../../src/telemetry/metrics.ts'
import { refuseSync } from '../../src/telemetry/refuse-sync.ts'
import { runStatus, serviceState } from '../support/run-status.ts'
import { parseMetrics } from './parse-metrics.ts'

let open: Admin[] = []
let told: Happening[] = []
let syncs = 0

afterEach(async () => {
  await Promise.all(open.map((admin) => admin.close()))
  open = []
  told = []
  syncs = 0
})

async function admin(over: Partial<AdminOptions> = {}): Promise<Admin> {
  const status = over.status ?? (() => runStatus())
  const opened = await openAdmin({
    listen: '127.0.0.1:0', status, metrics: openMetrics({ status }), isHealthy: () => true, isReady: () => true,
    requestSync: () => { syncs += 1 }, tell: (happening) => { told.push(happening) }, ...over,
  })
  open.push(opened)
  return opened
}

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

/** Not fetch, which sets Host and Origin as it likes. */
async function ask({ address }: Admin, method: string, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  const asked = request(`http://${address}${path}`, { method, headers, agent: false })
  asked.end()
  const [response] = await once(asked, 'response') as [AsyncIterable<Buffer> & { statusCode: number; headers: Answer['headers'] }]
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  return { status: response.statusCode, headers: response.headers, text: Buffer.concat(chunks).toString() }
}

async function socketTo({ address }: Admin): Promise<Socket> {
  const socket = connect(Number(address.split(':').at(-1)), '127.0.0.1')
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

describe('the admin port', () => {
  test.each(['/healthz', '/readyz'])('%s says ok, or 503 and why', async (path) => {
    const well = await admin()
    expect(await ask(well, 'GET', path)).toMatchObject({ status: 200, text: 'ok\n' })
    const ill = await admin({ isHealthy: () => 'Loop stands still', isReady: () => 'Hosts were not asked yet: 3' })
    expect(await ask(ill, 'GET', path)).toMatchObject({ status: 503, text: path === '/healthz' ? 'Loop stands still\n' : 'Hosts were not asked yet: 3\n' })
  })

  test('/metrics is what Prometheus reads', async () => {
    const { status, headers, text } = await ask(await admin(), 'GET', '/metrics')
    expect([status, headers['content-type']]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8'])
    expect(parseMetrics(text).series.get('endpoint_registrar_leading')).toBe(1)
  })

  test('/status is the whole state as JSON', async () => {
    const services = Array.from({ length: 1001 }, (_, index) => serviceState({ name: `db-${index}` }))
    const { headers, text } = await ask(await admin({ status: () => runStatus({ services }) }), 'GET', '/status')
    expect(headers['content-type']).toBe('application/json')
    expect(JSON.parse(text)).toEqual(runStatus({ services }))
    const none = await ask(await admin({ status: () => runStatus({ services: [] }) }), 'GET', '/status')
    expect(JSON.parse(none.text)).toEqual(runStatus({ services: [] }))
  })

  test('/status?service= is of this service alone', async () => {
    const services = [serviceState(), serviceState({ name: 'api' }), serviceState({ namespace: 'other' })]
    const opened = await admin({ status: () => runStatus({ services }) })
    expect(JSON.parse((await ask(opened, 'GET', '/status?service=shop%2Fapi')).text)).toEqual(runStatus({ services: [serviceState({ name: 'api' })] }))
    expect(JSON.parse((await ask(opened, 'GET', '/status?service=shop/nobody')).text)).toEqual(runStatus({ services: [] }))
  })

  test('POST /sync asks for a resync', async () => {
    expect(await ask(await admin(), 'POST', '/sync')).toMatchObject({ status: 202 })
    expect(syncs).toBe(1)
  })

  test.each([
    ['a web page', { origin: 'http://evil.example' }], ['a page of ours', { origin: 'null' }], ['a form in a page', { 'sec-fetch-site': 'cross-site' }],
    ['a name that leads here', { host: 'evil.example:9780' }], ['a proxy', { 'x-forwarded-for': '192.0.2.1' }], ['a proxy of the new kind', { forwarded: 'for=192.0.2.1' }],
  ])('POST /sync refuses %s', async (_, headers: Record<string, string>) => {
    expect((await ask(await admin(), 'POST', '/sync', headers)).status).toBe(403)
    expect(syncs).toBe(0)
  })

  test.each([
    ['GET', '/', 404], ['GET', '/metrics/', 404], ['GET', '/constructor', 404], ['POST', '/other', 404],
    ['POST', '/metrics', 405], ['DELETE', '/status', 405], ['GET', '/sync', 405], ['OPTIONS', '/sync', 405],
  ])('%s %s is %i', async (method, path, status) => {
    const answer = await ask(await admin(), method, path)
    expect(answer.status).toBe(status)
    expect(answer.text).not.toBe('')
    if (status === 405) expect(answer.headers['allow']).toBe(path === '/sync' ? 'POST' : 'GET, HEAD')
  })

  test('answers HEAD as GET, without the text', async () => {
    expect(await ask(await admin(), 'HEAD', '/metrics')).toMatchObject({ status: 200, text: '' })
  })

  test('is 500 where the state cannot be told, says so, and goes on', async () => {
    let isBroken = true
    const opened = await admin({ status: () => { if (isBroken) throw new Error('torn'); return runStatus() } })
    for (let index = 0; index < 20; index += 1) {
      expect(await ask(opened, 'GET', index % 2 === 0 ? '/status' : '/metrics')).toMatchObject({ status: 500, text: 'Failed, see the log\n' })
    }
    expect(told[0]).toEqual({ kind: 'trouble', where: 'admin', message: '/status failed: torn' })
    isBroken = false
    expect((await ask(opened, 'GET', '/status')).status).toBe(200)
  })

  test('gives so many long answers at a time, and short ones still', async () => {
    const gate = Promise.withResolvers<undefined>()
    const opened = await admin({ metrics: { contentType: 'text/plain', async* chunks() { yield 'x'; await gate.promise } } })
    const held = Array.from({ length: 8 }, () => ask(opened, 'GET', '/metrics'))
    const busy = async (): Promise<Answer> => {
      for (;;) {
        const answer = await ask(opened, 'GET', '/status')
        if (answer.status === 503) return answer
      }
    }
    expect(await busy()).toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
    expect((await ask(opened, 'GET', '/healthz')).status).toBe(200)
    gate.resolve(undefined)
    await Promise.all(held)
    expect((await ask(opened, 'GET', '/status')).status).toBe(200)
  })

  test('cuts an answer off that fails in the middle, so that nobody takes it for whole', async () => {
    const opened = await admin({ metrics: { contentType: 'text/plain', async* chunks() { yield 'endpoint_registrar_leading 1\n'; await sleep(1); throw new Error('torn') } } })
    await expect(ask(opened, 'GET', '/metrics')).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(told).toEqual([{ kind: 'trouble', where: 'admin', message: '/metrics failed: torn' }])
  })

  test('forgets a reader that leaves in the middle', async () => {
    const ended = Promise.withResolvers<undefined>()
    const opened = await admin({ metrics: { contentType: 'text/plain', async* chunks() { try { for (;;) { yield 'x'.repeat(100_000); await sleep(1) } } finally { ended.resolve(undefined) } } } })
    const socket = await socketTo(opened)
    socket.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await once(socket, 'data')
    socket.destroy()
    await ended.promise
    expect((await ask(opened, 'GET', '/healthz')).status).toBe(200)
    expect(told).toEqual([])
  })
})

describe('answerChunks()', () => {
  test('cuts off who reads a little now and then, so that the place is free again', async () => {
    const answered = Promise.withResolvers<undefined>()
    async function* endless(): AsyncGenerator<string> { for (;;) { yield 'x'.repeat(100_000); await sleep(1) } }
    const server = createServer((_request, response) => { void answerChunks(response, 'text/plain', endless(), 300).then(() => { answered.resolve(undefined) }) })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined).pause()
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
    const drip = setInterval(() => { socket.read(1000) }, 20)
    const end = await Promise.race([answered.promise, sleep(2000, 'never')])
    clearInterval(drip)
    socket.destroy()
    await once(server.close(), 'close')
    expect(end).toBeUndefined()
  })
})

describe('openAdmin()', () => {
  test('says what to do where the port is taken', async () => {
    const { address } = await admin()
    await expect(admin({ listen: address })).rejects.toMatchObject({
      name: 'ListenError', message: `Cannot listen at ${address}: EADDRINUSE: another program has it, perhaps a second controller: --admin names another address`,
    })
  })

  test.each(['9780', 'localhost', '127.0.0.1:', '127.0.0.1:65536', '[127.0.0.1]:80', '::1:80', 'http://127.0.0.1:80', ''])('refuses to listen at %j', async (listen) => {
    await expect(admin({ listen })).rejects.toMatchObject({ name: 'ListenError', message: `Cannot listen at ${listen}: must be host:port, [v6]:port or :port` })
  })

  test.each([['[::1]:0', /^\[::1\]:\d+$/], [':0', /^(\[::\]|0\.0\.0\.0):\d+$/], ['localhost:0', /^(\[::1\]|127\.0\.0\.1):\d+$/]])('listens at %s', async (listen, address) => {
    expect((await admin({ listen })).address).toMatch(address)
  })

  test('closes soon, though connections are idle, silent, or in the middle of an answer', async () => {
    const opened = await admin({ metrics: { contentType: 'text/plain', async* chunks() { yield 'x'; await new Promise(() => undefined) } } })
    const [idle, silent, midway] = await Promise.all([socketTo(opened), socketTo(opened), socketTo(opened)])
    idle.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n')
    midway.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await Promise.all([once(idle, 'data'), once(midway, 'data')])
    const ends = Promise.all([idle, silent, midway].map((socket) => once(socket.resume(), 'close')))
    const startedAt = performance.now()
    await opened.close()
    expect(performance.now() - startedAt).toBeLessThan(2000)
    await ends
  })
})

describe('refuseSync()', () => {
  const from = (remoteAddress: string | undefined, host = 'localhost:9780'): string | undefined => refuseSync({ headers: { host }, socket: { remoteAddress } })

  test.each(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'])('lets %s', (address) => { expect(from(address)).toBeUndefined() })

  test.each(['192.0.2.1', '10.0.0.1', '::ffff:10.0.0.1', '1127.0.0.1', '::12', '2001:db8::1', undefined])('refuses %s', (address) => { expect(from(address)).toBe('Only from this machine') })

  test.each(['localhost', 'localhost:9780', '127.0.0.1:9780', '[::1]:9780', 'LOCALHOST'])('lets the Host %s', (host) => { expect(from('127.0.0.1', host)).toBeUndefined() })

  test.each(['localhost.evil.example', 'evil.example', '127.0.0.1.evil.example:80', '192.0.2.1', ''])('refuses the Host %j', (host) => { expect(from('127.0.0.1', host)).toBe('Not under another name than localhost') })
})
