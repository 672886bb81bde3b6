import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { once } from 'node:events'
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { createServer as createHttpsServer } from 'node:https'
import { createServer as createHttpServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { type ClientOptions, kubernetesClient, type KubernetesClient } from '../../src/kubernetes/client.ts'
import { ClusterError } from '../../src/kubernetes/cluster-error.ts'
import { selfSigned } from '../probe/self-signed.ts'
import { answerJSON, kubeconfigOf, misbehavingServer, status } from './misbehaving-server.ts'

const signal = new AbortController().signal
const get = { method: 'GET', path: '/api/v1/services' } as const
const opened: KubernetesClient[] = []
const realNow = performance.now.bind(performance)

/** What is read from files is kept for a second. */
function letCredentialsAge(): void {
  const aged = performance.now() + 1100
  const base = realNow()
  jest.spyOn(performance, 'now').mockImplementation(() => aged + realNow() - base)
}

afterEach(async () => {
  jest.restoreAllMocks()
  await Promise.all(opened.splice(0).map((client) => client.close()))
})

/** A client that notes its pauses instead of making them. */
function open(kubeconfig: string, options: ClientOptions = {}): KubernetesClient & { readonly pauses: readonly number[] } {
  const pauses: number[] = []
  const wait = (ms: number): Promise<void> => {
    pauses.push(ms)
    return Promise.resolve()
  }
  const client = kubernetesClient({ kubeconfig, ...options, pace: { wait, ...options.pace } })
  opened.push(client)
  return { ...client, pauses }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

async function failureOf(call: Promise<unknown>): Promise<ClusterError> {
  const error = await call.then(() => undefined, (reason: unknown) => reason)
  expect(error).toBeInstanceOf(ClusterError)
  return error as ClusterError
}

describe('kubernetesClient tries again', () => {
  test.each([
    ['429', 429, { 'retry-after': '7' }, 7000],
    ['503', 503, { 'retry-after': '3' }, 3000],
  ])('after %s, as late as Retry-After says', async (_name, code, headers, pauseMs) => {
    await using server = await misbehavingServer((_request, response, count) => {
      answerJSON(response, count === 1 ? code : 200, {}, count === 1 ? headers : {})
    })
    const client = open(server.kubeconfig)
    expect(await client.call(get, signal)).toEqual({})
    expect(client.pauses).toEqual([pauseMs])
  })

  test('after Retry-After as a date, and as details.retryAfterSeconds', async () => {
    await using server = await misbehavingServer((_request, response, count) => {
      if (count === 1) answerJSON(response, 429, {}, { 'retry-after': new Date(Date.now() + 9000).toUTCString() })
      else if (count === 2) answerJSON(response, 500, status(500, 'ServerTimeout', 'later', { retryAfterSeconds: 4 }))
      else answerJSON(response, 200, {})
    })
    const client = open(server.kubeconfig)
    await client.call(get, signal)
    expect(client.pauses[0]).toBeGreaterThan(5000)
    expect(client.pauses[1]).toBe(4000)
  })

  test('with growing pauses, and gives up with what the server said', async () => {
    await using server = await misbehavingServer((_request, response) => { answerJSON(response, 500, status(500, 'InternalError', 'etcd is away')) })
    const client = open(server.kubeconfig)
    const failure = await failureOf(client.call(get, signal))
    expect(failure).toMatchObject({ message: 'etcd is away', status: 500, reason: 'InternalError', retryable: true })
    expect(server.requests).toHaveLength(5)
    const bounds = [200, 400, 800, 1600]
    expect(client.pauses).toHaveLength(bounds.length)
    client.pauses.forEach((pause, index) => {
      expect(pause).toBeGreaterThanOrEqual((bounds[index] ?? 0) / 2)
      expect(pause).toBeLessThanOrEqual(bounds[index] ?? 0)
    })
  })

  test('no longer than its total: a Retry-After beyond it is a failure at once', async () => {
    await using server = await misbehavingServer((_request, response) => { answerJSON(response, 429, {}, { 'retry-after': '3600' }) })
    const client = open(server.kubeconfig)
    expect(await failureOf(client.call(get, signal))).toMatchObject({ status: 429, message: 'The API server answered with status 429' })
    expect(client.pauses).toEqual([])
  })

  test('after an answer that is no HTTP, and keeps nothing of what it was', async () => {
    await using server = await misbehavingServer((_request, response, count) => {
      if (count > 1) answerJSON(response, 200, { kind: 'Namespace' })
      else response.socket?.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n')
    })
    expect(await open(server.kubeconfig).call({ method: 'GET', path: '/api/v1/namespaces/shop' }, signal)).toEqual({ kind: 'Namespace' })
  })

  test.each<[string, (socket: Socket) => void, string]>([
    ['is away', (socket) => { socket.destroy() }, 'Socket closed'],
    ['cannot reach the server', (socket) => {
      socket.once('data', () => { socket.write(Buffer.from([5, 0])); socket.once('data', () => { socket.end(Buffer.from([5, 5, 0, 1, 0, 0, 0, 0, 0, 0])) }) })
    }, 'Socks5 proxy rejected connection - ConnectionRefused'],
    ['speaks no SOCKS', (socket) => { socket.end('HTTP/1.1 400 Bad Request\r\n\r\n') }, 'Received invalid Socks5 initial handshake (invalid socks version)'],
  ])('after a SOCKS proxy that %s, and keeps nothing of its password', async (_what, behave, why) => {
    let connections = 0
    const proxy = createServer((socket) => { connections += 1; behave(socket.on('error', () => undefined)) })
    await once(proxy.listen(0, '127.0.0.1'), 'listening')
    const url = `socks5://me:sesame@127.0.0.1:${(proxy.address() as AddressInfo).port}`
    const failure = await failureOf(open(await kubeconfigOf('https://127.0.0.1:1', { token: 't' }, { 'proxy-url': url })).call(get, signal))
    expect(failure).toMatchObject({ message: `The API server cannot be reached: 127.0.0.1:1: SOCKS proxy: ${why}`, reason: 'SOCKS', retryable: true })
    expect([connections, inspect(failure, { depth: 9 }).includes('sesame')]).toEqual([2, false])
    proxy.close()
  })

  test('after a connection that is reset', async () => {
    await using server = await misbehavingServer((request, response, count) => {
      if (count === 2) request.socket.resetAndDestroy()
      else answerJSON(response, 200, {})
    })
    const client = open(server.kubeconfig)
    await client.call(get, signal)
    await client.call(get, signal)
    expect(server.requests).toHaveLength(3)
  })
})

describe('kubernetesClient does not try again', () => {
  test.each([400, 403, 404, 409, 410, 422])('after %d, which is an answer', async (code) => {
    await using server = await misbehavingServer((_request, response) => {
      answerJSON(response, code, status(code, 'Why', 'because', { causes: [{ reason: 'NamespaceTerminating', message: 'm', field: 'f' }] }))
    })
    const failure = await failureOf(open(server.kubeconfig).call(get, signal))
    expect(failure).toMatchObject({ status: code, reason: 'Why', message: 'because', retryable: false, causes: ['NamespaceTerminating'] })
    expect(server.requests).toHaveLength(1)
  })

  test.each(['failed to create typed patch object (shop/db): .x', 'failed to convert new object (shop/db): y'])('after 500 %s', async (message) => {
    await using server = await misbehavingServer((_request, response) => { answerJSON(response, 500, { kind: 'Status', code: 500, message }) })
    expect(await failureOf(open(server.kubeconfig).call(get, signal))).toMatchObject({ message, retryable: false })
    expect(server.requests).toHaveLength(1)
  })

  test('where nobody has ever answered, more than once', async () => {
    const server = await misbehavingServer(() => undefined)
    await server[Symbol.asyncDispose]()
    const client = open(server.kubeconfig)
    const failure = await failureOf(client.call(get, signal))
    expect(failure.message).toMatch(/^The API server cannot be reached: 127.0.0.1:\d+: .*ECONNREFUSED/)
    expect(client.pauses).toHaveLength(1)
  })

  test('where a page of a proxy answers, and does not show it', async () => {
    await using server = await misbehavingServer((_request, response) => { response.writeHead(200, {}).end('<html>log in</html>') })
    expect((await failureOf(open(server.kubeconfig).call(get, signal))).message).toMatch(/^The answer is not JSON, so this is no API server: 127/)
    expect(server.requests).toHaveLength(1)
  })

  test('with a certificate that it does not trust', async () => {
    const { key, cert } = selfSigned({ dns: ['localhost'] })
    const server = createHttpsServer({ key, cert }, (_request, response) => response.end('{}'))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const client = open(await kubeconfigOf(`https://127.0.0.1:${(server.address() as AddressInfo).port}`, {}))
    const failure = await failureOf(client.call(get, signal))
    expect(failure.message).toMatch(/certificate/)
    expect(client.pauses).toEqual([])
    server.closeAllConnections()
    server.close()
  })
})

describe('kubernetesClient ends', () => {
  test.each([
    ['before the head', (): void => undefined],
    ['in the middle of the body', (response: ServerResponse): void => { response.writeHead(200).write('{"items": [') }],
  ])('a try whose server hangs %s', async (_name, hang) => {
    await using server = await misbehavingServer((_request, response, count) => {
      if (count === 1) hang(response)
      else answerJSON(response, 200, { count })
    })
    const client = open(server.kubeconfig, { pace: { timeoutMs: 1000 } })
    expect(await client.call(get, signal)).toEqual({ count: 2 })
  })

  test('a call whose server hangs for ever', async () => {
    await using server = await misbehavingServer(() => undefined)
    const failure = await failureOf(open(server.kubeconfig, { pace: { timeoutMs: 50 } }).call(get, signal))
    expect(failure).toMatchObject({ reason: 'Timeout', status: undefined, retryable: true })
    expect(failure.message).toMatch(/^The API server did not answer in time: 127/)
  })

  test('only tries that were sent: the queue for a connection has no deadline', async () => {
    await using server = await misbehavingServer((_request, response) => { setTimeout(() => { answerJSON(response, 200, {}) }, 300) })
    const client = open(server.kubeconfig, { connections: 1, pace: { timeoutMs: 2000, tries: 1 } })
    await expect(Promise.all(Array.from({ length: 8 }, () => client.call(get, signal)))).resolves.toHaveLength(8)
  })

  test.each(['under way', 'between two tries'])('a call %s with the reason of the signal', async (when) => {
    const abort = new AbortController()
    const reason = new Error('enough')
    await using server = await misbehavingServer((_request, response) => {
      if (when === 'under way') abort.abort(reason)
      else answerJSON(response, 503, {})
    })
    const wait = async (): Promise<void> => {
      abort.abort(reason)
      await Promise.resolve()
    }
    await expect(open(server.kubeconfig, { pace: { wait } }).call(get, abort.signal)).rejects.toBe(reason)
    expect(server.requests).toHaveLength(1)
  })
})

describe('kubernetesClient connects', () => {
  test('once or twice for calls one after the other, and within its bound for many at a time', async () => {
    await using server = await misbehavingServer((_request, response) => { answerJSON(response, 200, {}) })
    const client = open(server.kubeconfig, { connections: 6 })
    for (let count = 0; count < 40; count += 1) await client.call(get, signal)
    // The next call may begin before the last one's connection is free again.
    expect(server.connections()).toBeLessThanOrEqual(2)
    await Promise.all(Array.from({ length: 200 }, () => client.call(get, signal)))
    expect(server.connections()).toBeLessThanOrEqual(6)
  })

  test('no more often when the credentials are looked at again', async () => {
    await using server = await misbehavingServer((_request, response) => { answerJSON(response, 200, {}) })
    const client = open(server.kubeconfig)
    for (let count = 0; count < 10; count += 1) {
      await client.call(get, signal)
      letCredentialsAge()
    }
    expect(server.connections()).toBeLessThanOrEqual(2)
  })

  test('anew when the CA file was rotated', async () => {
    const certificates = [selfSigned({ ip: [[127, 0, 0, 1]] }), selfSigned({ ip: [[127, 0, 0, 1]] })] as const
    const server = createHttpsServer(certificates[0], (_request, response) => response.end('{}'))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const caFile = join(await mkdtemp(join(tmpdir(), 'endpoint-registrar-')), 'ca.crt')
    await writeFile(caFile, certificates[0].cert)
    const kubeconfig = await kubeconfigOf(`https://127.0.0.1:${(server.address() as AddressInfo).port}`, { token: 't' }, { 'certificate-authority': caFile })
    const client = open(kubeconfig)
    await client.call(get, signal)
    server.setSecureContext(certificates[1])
    server.closeAllConnections()
    await writeFile(caFile, certificates[1].cert)
    letCredentialsAge()
    await expect(client.call(get, signal)).resolves.toEqual({})
    server.closeAllConnections()
    server.close()
  })

  test('by the proxy that the kubeconfig names', async () => {
    const tunnelled: string[] = []
    const proxy = createHttpServer()
    proxy.on('connect', (request, socket) => {
      tunnelled.push(request.url ?? '')
      const [host, port] = (request.url ?? '').split(':')
      const onward = connect(Number(port), host)
      onward.on('error', () => socket.destroy()).once('connect', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        onward.pipe(socket).pipe(onward)
      })
      socket.on('error', () => onward.destroy())
    })
    await once(proxy.listen(0, '127.0.0.1'), 'listening')
    const { key, cert } = selfSigned({ ip: [[127, 0, 0, 1]] })
    const server = createHttpsServer({ key, cert }, (_request, response) => response.end('{}'))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`
    const client = open(await kubeconfigOf(`https://${address}`, { token: 't' }, {
      'proxy-url': `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
      'certificate-authority-data': Buffer.from(cert).toString('base64'),
    }))
    for (let count = 0; count < 10; count += 1) await client.call(get, signal)
    expect(tunnelled.length).toBeLessThanOrEqual(2)
    expect(new Set(tunnelled)).toEqual(new Set([address]))
    await client.close()
    server.closeAllConnections()
    server.close()
    proxy.close()
  })

  test('below the path of the server URL', async () => {
    await using server = await misbehavingServer((_request, response) => { answerJSON(response, 200, {}) }, { path: '/k8s/clusters/c-1/' })
    await open(server.kubeconfig).call({ ...get, query: { limit: '5', labelSelector: 'a=b' } }, signal)
    expect(server.requests).toEqual(['GET /k8s/clusters/c-1/api/v1/services?limit=5&labelSelector=a%3Db'])
  })
})

describe('kubernetesClient proves who it is', () => {
  /** An exec plugin that counts its own runs and hands out `token-RUN`. */
  async function execPlugin(): Promise<{ readonly user: object; runs(): Promise<number> }> {
    const runsFile = join(await mkdtemp(join(tmpdir(), 'endpoint-registrar-')), 'runs')
    await writeFile(runsFile, '')
    const script = `echo run >> ${runsFile}; printf '{"kind":"ExecCredential","status":{"token":"token-%s"}}' $(wc -l < ${runsFile})`
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'sh', args: ['-c', script], interactiveMode: 'Never' }
    return { user: { exec }, runs: async () => (await readFile(runsFile, 'utf8')).split('\n').length - 1 }
  }

  test('by an exec plugin that runs once for all calls, and once more when its token is refused', async () => {
    const plugin = await execPlugin()
    await using server = await misbehavingServer((request, response) => {
      const isKnown = request.headers.authorization === 'Bearer token-2'
      answerJSON(response, isKnown ? 200 : 401, isKnown ? {} : status(401, 'Unauthorized', 'Unauthorized'))
    }, { user: plugin.user })
    const client = open(server.kubeconfig)
    await Promise.all(Array.from({ length: 30 }, () => client.call(get, signal)))
    expect(await plugin.runs()).toBe(2)
  })

  test('no more than twice', async () => {
    const plugin = await execPlugin()
    await using server = await misbehavingServer((_request, response) => { answerJSON(response, 401, status(401, 'Unauthorized', 'Unauthorized')) }, { user: plugin.user })
    expect(await failureOf(open(server.kubeconfig).call(get, signal))).toMatchObject({ status: 401, retryable: false })
    expect(server.requests).toHaveLength(2)
    expect(await plugin.runs()).toBe(2)
  })

  test('and says why the plugin failed', async () => {
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'sh', args: ['-c', 'echo "token expired, log in" >&2; exit 1'] }
    await using server = await misbehavingServer(() => undefined, { user: { exec } })
    expect((await failureOf(open(server.kubeconfig).call(get, signal))).message).toBe('No credentials for the API server: token expired, log in')
  })

  describe('by an exec plugin that hangs', () => {
    /** It notes its process, and goes on once there is a file called `go`. */
    async function hangingPlugin(): Promise<{ readonly user: object; pids(): Promise<readonly number[]>; goOn(): Promise<void> }> {
      const folder = await mkdtemp(join(tmpdir(), 'endpoint-registrar-'))
      const script = `echo $$ >> ${folder}/pids; until test -e ${folder}/go; do sleep 0.05; done; printf '{"kind":"ExecCredential","status":{"token":"late"}}'`
      return {
        user: { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'sh', args: ['-c', script], interactiveMode: 'Never' } },
        pids: async () => (await readFile(`${folder}/pids`, 'utf8')).split('\n').slice(0, -1).map(Number),
        goOn: () => writeFile(`${folder}/go`, ''),
      }
    }

    test('for no longer than a call may wait; it is started once all the same, and who comes later has what it gave', async () => {
      const plugin = await hangingPlugin()
      await using server = await misbehavingServer((_request, response) => { answerJSON(response, 200, {}) }, { user: plugin.user })
      const client = open(server.kubeconfig, { pace: { credentialsMs: 1500 } })
      const failures = await Promise.all([0, 1300].map(async (ms) => {
        await sleep(ms)
        return failureOf(client.call(get, signal))
      }))
      expect(failures.map(({ message, reason, retryable }) => ({ message, reason, retryable }))).toEqual(Array.from({ length: 2 }, () =>
        ({ message: 'No credentials for the API server: none came in 1.5 s', reason: 'Credentials', retryable: false })))
      const late = client.call(get, signal)
      await plugin.goOn()
      expect(await late).toEqual({})
      expect(await plugin.pids()).toHaveLength(1)
    })

    test('until the call is aborted, and no longer than the client is open', async () => {
      const plugin = await hangingPlugin()
      await using server = await misbehavingServer(() => undefined, { user: plugin.user })
      const client = open(server.kubeconfig)
      const asking = new AbortController()
      const ended = client.call(get, asking.signal).catch((error: unknown) => error)
      let pids: readonly number[] = []
      while (pids.length === 0) {
        await sleep(20)
        pids = await plugin.pids().catch(() => [])
      }
      asking.abort('enough')
      expect(await ended).toBe('enough')
      await client.close()
      await sleep(100)
      expect(pids.map((each) => isRunning(each))).toEqual([false])
    })
  })

  test('without ever showing it', async () => {
    await using server = await misbehavingServer((request, response) => {
      response.writeHead(403, { 'x-echo': request.headers.authorization ?? '' }).end(`denied: ${request.headers.authorization ?? ''}`)
    })
    const failure = await failureOf(open(server.kubeconfig).call(get, signal))
    expect(failure.message).toBe('The API server answered with status 403')
    expect(JSON.stringify(failure)).not.toContain('secret-token')
  })
})
