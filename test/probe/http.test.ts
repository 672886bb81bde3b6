import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { probeHttp as startHttp } from '../../src/probe/http.ts'
import { promised } from '../../src/probe/promised.ts'
import { closedPort, httpServer, httpsServer, httpTarget, tcpServer, tcpTarget } from './outside-world.ts'
import { selfSigned } from './self-signed.ts'

const never = new AbortController().signal
const probeHttp = promised(startHttp)
const answerOk = (_request: IncomingMessage, response: ServerResponse): void => { response.end('all is well') }

describe('probeHttp()', () => {
  test.each(['127.0.0.1', '::1'])('passes on an expected status of %s', async (address) => {
    await using server = await httpServer(answerOk, address)
    expect(await probeHttp(httpTarget(server), never)).toEqual({ ok: true, latencyMs: expect.any(Number), reason: 'status 200' })
  })

  test.each([
    [200, [[200, 399]], true], [399, [[200, 399]], true], [400, [[200, 399]], false], [503, [[200, 399]], false],
    [401, [[200, 200], [401, 401]], true], [204, [[200, 200], [401, 401]], false], [200, [], false],
  ] as const)('judges status %d by %j', async (status, expectedStatuses, ok) => {
    await using server = await httpServer((_request, response) => response.writeHead(status).end())
    expect(await probeHttp(httpTarget(server, { expectedStatuses }), never)).toMatchObject({ ok, reason: `status ${status}` })
  })

  test('asks for the path by GET, as itself, on a connection of its own', async () => {
    const seen: IncomingMessage[] = []
    await using server = await httpServer((request, response) => {
      seen.push(request)
      response.end()
    })
    await probeHttp(httpTarget(server, { path: '/healthz?full=1' }), never)
    await probeHttp(httpTarget(server, { path: '/healthz?full=1' }), never)
    expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual(['GET /healthz?full=1', 'GET /healthz?full=1'])
    expect(seen[0]?.headers).toMatchObject({ 'user-agent': 'endpoint-registrar', 'accept-encoding': 'identity', 'connection': 'close' })
    expect(seen[0]?.socket).not.toBe(seen[1]?.socket)
  })

  test('keeps to the target when a path looks like another authority', async () => {
    const paths: (string | undefined)[] = []
    await using server = await httpServer((request, response) => {
      paths.push(request.url)
      response.end()
    })
    for (const path of ['@127.0.0.1:1/', '//127.0.0.1:1/', '/@127.0.0.1:1/']) await probeHttp(httpTarget(server, { path }), never)
    expect(paths).toEqual(['/@127.0.0.1:1/', '//127.0.0.1:1/', '/@127.0.0.1:1/'])
  })

  test('fails with the code of the socket or of the parser', async () => {
    await using rude = await tcpServer((socket) => { socket.destroy() })
    await using ssh = await tcpServer((socket) => { socket.write('SSH-2.0-OpenSSH_9.9\r\n') })
    const address = '127.0.0.1'
    expect(await probeHttp(httpTarget({ address, port: await closedPort() }), never)).toMatchObject({ ok: false, reason: 'ECONNREFUSED' })
    expect(await probeHttp(httpTarget(rude), never)).toMatchObject({ ok: false, reason: 'ECONNRESET' })
    expect(await probeHttp(httpTarget(ssh), never)).toMatchObject({ ok: false, reason: 'HPE_INVALID_CONSTANT' })
  })

  test('is not asked to do another kind of check', async () => {
    await expect(probeHttp(tcpTarget({ address: '127.0.0.1', port: 1 }), never)).rejects.toThrow('Not an HTTP check: tcp')
  })
})

describe('probeHttp() Host', () => {
  test.each([
    ['the declared host', { host: 'api.example.com' }, {}, 'api.example.com:PORT'],
    ['the host of the check before it', { host: 'api.example.com' }, { host: 'front.example.com' }, 'front.example.com:PORT'],
    ['the address where there is no host', {}, {}, '127.0.0.1:PORT'],
    ['a declared Host header before all', { host: 'api.example.com' }, { headers: { host: 'own.example.com' } }, 'own.example.com'],
  ])('is %s', async (_what, target, check, expected) => {
    const seen: (string | undefined)[] = []
    await using server = await httpServer((request, response) => {
      seen.push(...request.rawHeaders.filter((_, at) => request.rawHeaders[at - 1]?.toLowerCase() === 'host'))
      response.end()
    })
    await probeHttp(httpTarget({ ...server, ...target }, check), never)
    expect(seen).toEqual([expected.replace('PORT', String(server.port))])
  })

  test('is a bracketed IPv6 address where there is no host', async () => {
    let seen: string | undefined
    await using server = await httpServer((request, response) => {
      seen = request.headers.host
      response.end()
    }, '::1')
    await probeHttp(httpTarget(server), never)
    expect(seen).toBe(`[::1]:${server.port}`)
  })
})

describe('probeHttp() what a target answers leads nowhere else', () => {
  test('a redirect is a status and is not followed', async () => {
    let reached = 0
    await using metadata = await httpServer((_request, response) => {
      reached++
      response.end('credentials')
    })
    await using server = await httpServer((_request, response) =>
      response.writeHead(302, { location: `http://127.0.0.1:${metadata.port}/latest/meta-data/` }).end())
    expect(await probeHttp(httpTarget(server, { expectedStatuses: [[200, 299]] }), never)).toMatchObject({ ok: false, reason: 'status 302' })
    expect(await probeHttp(httpTarget(server), never)).toMatchObject({ ok: true, reason: 'status 302' })
    expect(reached).toBe(0)
  })

  test('a proxy of the environment is not used', async () => {
    let reached = 0
    await using proxy = await httpServer((_request, response) => {
      reached++
      response.end()
    })
    await using server = await httpServer(answerOk)
    const before = { ...process.env }
    delete process.env['NO_PROXY']
    delete process.env['no_proxy']
    for (const name of ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY']) process.env[name] = `http://127.0.0.1:${proxy.port}`
    try {
      expect(await probeHttp(httpTarget(server), never)).toMatchObject({ ok: true })
    } finally {
      for (const name of ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY']) Reflect.deleteProperty(process.env, name)
      Object.assign(process.env, before)
    }
    expect(reached).toBe(0)
  })
})

describe('probeHttp() deadline', () => {
  const inHaste = { timeoutSeconds: 0.2 }
  test.each([
    ['never answers', (): void => undefined],
    ['drips its headers', (_request: IncomingMessage, { socket }: ServerResponse): void => {
      socket?.write('HTTP/1.1 200 OK\r\n')
      const timer = setInterval(() => { socket?.write('x-drip: 1\r\n') }, 10)
      socket?.on('close', () => { clearInterval(timer) })
    }],
    ['drips its body', (_request: IncomingMessage, response: ServerResponse): void => {
      const timer = setInterval(() => { response.write('.') }, 10)
      response.on('close', () => { clearInterval(timer) })
    }],
  ])('ends a probe of a server that %s', async (_what, answer) => {
    await using server = await httpServer(answer)
    expect(await probeHttp(httpTarget(server, { bodyContains: 'ready' }, inHaste), never)).toMatchObject({ ok: false, reason: 'timeout' })
  })

  test('ends a TLS handshake that never comes', async () => {
    await using server = await tcpServer()
    expect(await probeHttp(httpTarget(server, { scheme: 'HTTPS' }, inHaste), never)).toMatchObject({ ok: false, reason: 'timeout' })
  })

  test('gives way to the caller\'s abort, before the headers and within the body', async () => {
    const caller = new AbortController()
    await using silent = await httpServer(() => { caller.abort(new Error('stopping')) })
    await expect(probeHttp(httpTarget(silent), caller.signal)).rejects.toThrow('stopping')
    const later = new AbortController()
    await using talking = await httpServer((_request, response) => {
      response.write('...', () => setTimeout(() => { later.abort(new Error('stopping')) }, 20))
    })
    await expect(probeHttp(httpTarget(talking, { bodyContains: 'ready' }), later.signal)).rejects.toThrow('stopping')
  })
})

describe('probeHttp() body', () => {
  // Writes as fast as the prober reads, and would never end.
  const endless = (text: string) => (_request: IncomingMessage, response: ServerResponse): void => {
    const chunk = text.repeat(1000)
    const more = (): void => {
      while (!response.destroyed && response.write(chunk));
    }
    response.on('drain', more)
    more()
  }

  test('is not read when only the status is asked for', async () => {
    await using server = await httpServer(endless('nothing to see '))
    expect(await probeHttp(httpTarget(server), never)).toMatchObject({ ok: true, reason: 'status 200' })
  })

  test('passes when it holds the text, also compressed', async () => {
    await using plain = await httpServer((_request, response) => response.end('{"state":"ready"}'))
    await using zipped = await httpServer((_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"state":"ready"}')))
    const check = { bodyContains: '"ready"' }
    expect(await probeHttp(httpTarget(plain, check), never)).toMatchObject({ ok: true, reason: 'status 200' })
    expect(await probeHttp(httpTarget(zipped, check), never)).toMatchObject({ ok: true, reason: 'status 200' })
  })

  test('fails when it lacks the text', async () => {
    await using server = await httpServer(answerOk)
    expect(await probeHttp(httpTarget(server, { bodyContains: 'ready' }), never))
      .toMatchObject({ ok: false, reason: 'status 200, expected text is not in the body' })
  })

  test('is given up after 1 MiB', async () => {
    await using server = await httpServer(endless('nothing to see '))
    expect(await probeHttp(httpTarget(server, { bodyContains: 'ready' }), never))
      .toMatchObject({ ok: false, reason: 'status 200, expected text is not in the first 1 MiB of the body' })
  })

  test('that is no valid gzip or ends too early fails with a code', async () => {
    await using garbled = await httpServer((_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('no gzip'))
    await using cut = await httpServer((_request, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('rea', () => response.destroy())
    })
    expect(await probeHttp(httpTarget(garbled, { bodyContains: 'ready' }), never)).toMatchObject({ ok: false, reason: 'Z_DATA_ERROR' })
    expect(await probeHttp(httpTarget(cut, { bodyContains: 'ready' }), never)).toMatchObject({ ok: false, reason: 'ECONNRESET' })
  })
})

describe('probeHttp() TLS', () => {
  const named = selfSigned({ dns: ['api.example.com'], ip: [[127, 0, 0, 1]] })
  const expired = selfSigned({ dns: ['api.example.com'], notAfter: '210101000000Z' })
  let folder = ''
  let caFile = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'probe-'))
    caFile = join(folder, 'ca.pem')
    await writeFile(caFile, named.cert + expired.cert)
  })
  afterAll(() => rm(folder, { recursive: true }))

  test.each([
    ['the declared host', 'api.example.com', {}, 'api.example.com'],
    ['no name but the address', undefined, {}, false],
    ['serverName before the host', 'db.example.com', { serverName: 'api.example.com' }, 'api.example.com'],
    ['the host of the check', 'db.example.com', { host: 'api.example.com' }, 'api.example.com'],
    ['an address as serverName', 'api.example.com', { serverName: '127.0.0.1' }, false],
    ['any name with verify: false', 'other.example.com', { verify: false }, 'other.example.com'],
  ])('asks by SNI for %s and checks the certificate for it', async (_what, host, check, sni) => {
    let seen: unknown
    await using server = await httpsServer(named, (request, response) => {
      seen = 'servername' in request.socket ? request.socket.servername : undefined
      response.end()
    })
    const outcome = await probeHttp(httpTarget({ ...server, host }, { scheme: 'HTTPS', caFile, ...check }), never)
    expect(outcome).toMatchObject({ ok: true, reason: 'status 200' })
    expect(seen).toBe(sni)
  })

  test.each([
    ['another host', 'other.example.com', {}],
    ['no name but another address', undefined, {}],
    ['another serverName', 'api.example.com', { serverName: 'other.example.com' }],
    ['an address as serverName that is not in it', 'api.example.com', { serverName: '192.0.2.7' }],
  ])('refuses a certificate for %s', async (_what, host, check) => {
    await using server = await httpsServer(named, answerOk, host === undefined ? '127.0.0.2' : '127.0.0.1')
    expect(await probeHttp(httpTarget({ ...server, host }, { scheme: 'HTTPS', caFile, ...check }), never))
      .toMatchObject({ ok: false, reason: 'ERR_TLS_CERT_ALTNAME_INVALID' })
  })

  test.each([
    ['expired', expired, true, 'CERT_HAS_EXPIRED'],
    ['signed by nobody we know', named, false, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ])('fails with the code of a certificate that is %s', async (_what, certificate, isTrusted, reason) => {
    await using server = await httpsServer(certificate, answerOk)
    const target = { ...server, host: 'api.example.com' }
    const ca = isTrusted ? { caFile } : {}
    expect(await probeHttp(httpTarget(target, { scheme: 'HTTPS', ...ca }), never)).toMatchObject({ ok: false, reason })
    expect(await probeHttp(httpTarget(target, { scheme: 'HTTPS', ...ca, verify: false }), never)).toMatchObject({ ok: true })
  })

  test('fails with the code of a server that speaks no TLS', async () => {
    await using server = await httpServer(answerOk)
    expect(await probeHttp(httpTarget(server, { scheme: 'HTTPS' }), never)).toMatchObject({ ok: false, reason: 'EPROTO' })
  })

  test('reads caFile at each probe and says which one it cannot read', async () => {
    const own = join(folder, 'rotated.pem')
    await using server = await httpsServer(named, answerOk)
    const target = httpTarget({ ...server, host: 'api.example.com' }, { scheme: 'HTTPS', caFile: own })
    expect(await probeHttp(target, never)).toMatchObject({ ok: false, reason: `cannot read caFile ${own}: ENOENT` })
    await writeFile(own, 'not a certificate')
    expect(await probeHttp(target, never)).toMatchObject({ ok: false })
    await writeFile(own, named.cert)
    expect(await probeHttp(target, never)).toMatchObject({ ok: true })
  })
})

describe('probeHttp() headers', () => {
  let folder = ''
  beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'probe-')) })
  afterAll(() => rm(folder, { recursive: true }))

  test('are read from file and environment at each probe, without the newline at their end', async () => {
    const seen: unknown[] = []
    await using server = await httpServer((request, response) => {
      seen.push([request.headers.authorization, request.headers['x-key'], request.headers['x-plain']])
      response.end()
    })
    const file = join(folder, 'token')
    const target = httpTarget(server, { headers: { 'Authorization': { file }, 'X-Key': { env: 'PROBE_TEST_KEY' }, 'X-Plain': 'shop' } })
    for (const round of ['1', '2']) {
      await writeFile(file, `Bearer ${round}\n`)
      process.env['PROBE_TEST_KEY'] = `key ${round}`
      await probeHttp(target, never)
    }
    delete process.env['PROBE_TEST_KEY']
    expect(seen).toEqual([['Bearer 1', 'key 1', 'shop'], ['Bearer 2', 'key 2', 'shop']])
  })

  test('that cannot be had fail the probe by the name of their source, before a socket is opened', async () => {
    const target = { address: '127.0.0.1', port: 1 }
    const file = join(folder, 'missing')
    expect(await probeHttp(httpTarget(target, { headers: { Authorization: { file } } }), never))
      .toMatchObject({ ok: false, reason: `header Authorization: cannot read ${file}: ENOENT` })
    expect(await probeHttp(httpTarget(target, { headers: { 'X-Key': { env: 'PROBE_TEST_UNSET' } } }), never))
      .toMatchObject({ ok: false, reason: 'header X-Key: environment variable PROBE_TEST_UNSET is not set' })
  })

  test.each(['s3cret', 's3cret\nin two lines', 's3cret \u{1f511}', 's3cret\0'])('never appear in a reason: %j', async (secret) => {
    const port = await closedPort()
    await using server = await httpServer((_request, response) => response.writeHead(403).end())
    process.env['PROBE_TEST_SECRET'] = secret
    for (const at of [port, server.port]) {
      const outcome = await probeHttp(httpTarget({ address: '127.0.0.1', port: at }, { headers: { 'X-Key': { env: 'PROBE_TEST_SECRET' } } }), never)
      expect(outcome.ok).toBe(false)
      expect(JSON.stringify(outcome)).not.toContain('s3cret')
    }
    delete process.env['PROBE_TEST_SECRET']
  })
})
