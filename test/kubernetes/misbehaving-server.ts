import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface MisbehavingServer extends AsyncDisposable {
  readonly url: string
  /** A kubeconfig that leads to it. */
  readonly kubeconfig: string
  /** `METHOD path?query` of every request, in order of arrival. */
  readonly requests: readonly string[]
  readonly connections: () => number
}

export type Answer = (request: IncomingMessage, response: ServerResponse, count: number) => void

/** A real HTTP server on loopback that answers as it is told; `count` is 1 at the first request. */
export async function misbehavingServer(answer: Answer, options: { readonly user?: object; readonly path?: string } = {}): Promise<MisbehavingServer> {
  const { user = { token: 'secret-token' }, path = '' } = options
  const requests: string[] = []
  let connections = 0
  const server = createServer((request, response) => {
    requests.push(`${request.method ?? ''} ${request.url ?? ''}`)
    const count = requests.length
    request.resume().once('end', () => { answer(request, response, count) })
  })
  server.on('connection', () => { connections += 1 })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`
  return {
    url,
    kubeconfig: await kubeconfigOf(url, user),
    requests,
    connections: () => connections,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Writes a kubeconfig of one context and returns its path. */
export async function kubeconfigOf(server: string, user: object, cluster: object = {}): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), 'endpoint-registrar-')), 'kubeconfig')
  await writeFile(file, JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server, 'insecure-skip-tls-verify': server.startsWith('http:'), ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  }))
  return file
}

export function answerJSON(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

/** A `Status` object as the API server sends it. */
export function status(code: number, reason: string, message: string, details: object = {}): object {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message, details }
}
