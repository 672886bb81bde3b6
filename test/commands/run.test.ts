// `run` as a person types it, against an API server that is of our own making.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type ServerResponse } from 'node:http'
import { writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { answerJSON, type Answer, kubeconfigOf, misbehavingServer, status } from '../kubernetes/misbehaving-server.ts'

const connectionsForWrites = 32

interface Meanwhile {
  /** Writes that have come and are not answered, also those that were given up. */
  hanging: number
  givenUp: number
  /** Called at each renewal of the lease. */
  renewed: () => void
}

/** Takes everything but a Service, to which it says nothing. */
function hangingAnswer(meanwhile: Meanwhile): Answer {
  const answerLease = leaseAnswer()
  return (request, response, count) => {
    const { method = '', url = '' } = request
    if (url.includes('/leases')) {
      answerLease(request, response, count)
      if (method === 'PUT') meanwhile.renewed()
    } else if (method === 'GET') answerRead(url, response)
    else if (url.includes('dryRun')) answerJSON(response, 200, { spec: { ipFamilies: ['IPv4'] } })
    else if (url.includes('/services')) {
      meanwhile.hanging += 1
      response.on('close', () => { meanwhile.givenUp += 1 })
    } else answerJSON(response, 201, {})
  }
}

/** A lease that nobody held before, and that is always taken. */
function leaseAnswer(): Answer {
  let version = 1
  return ({ method }, response) => {
    if (method === 'GET') answerJSON(response, 404, status(404, 'NotFound', 'no lease'))
    else answerJSON(response, 200, { metadata: { resourceVersion: String(++version) }, spec: {} })
  }
}

/** One namespace and nothing in it, where nothing happens. */
function answerRead(url: string, response: ServerResponse): void {
  if (url.includes('watch=true')) response.writeHead(200).flushHeaders()
  else {
    const items = url.includes('/api/v1/namespaces?') ? [{ metadata: { name: 'shop', resourceVersion: '1' }, status: { phase: 'Active' } }] : []
    answerJSON(response, 200, { metadata: { resourceVersion: '1' }, items })
  }
}

/** `run` of so many services as a process of its own. */
async function startRun(kubeconfig: string, count: number): Promise<{ readonly child: ChildProcess; readonly ended: Promise<unknown[]> }> {
  const folder = dirname(kubeconfig)
  const services = Array.from({ length: count }, (_, index) => `  - { name: s${index}, namespace: shop, ports: [{ port: 80 }], targets: [{ address: 192.0.2.1 }] }\n`)
  await writeFile(join(folder, 'registrar.yaml'), `instance: shop\nservices:\n${services.join('')}`)
  const main = join(process.cwd(), 'src', 'main.ts')
  const args = ['run', '-c', 'registrar.yaml', '--kubeconfig', kubeconfig, '--no-probe', '--admin', '127.0.0.1:0']
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...args], { cwd: folder, stdio: 'ignore' })
  return { child, ended: once(child, 'close') }
}

/** Asks it to end; how it ended, and within how many ms. */
async function terminate({ child, ended }: Awaited<ReturnType<typeof startRun>>): Promise<{ readonly code: unknown; readonly ms: number }> {
  const askedAt = performance.now()
  child.kill('SIGTERM')
  const [code] = await ended
  return { code, ms: performance.now() - askedAt }
}

test('run renews its lease while every connection for writes waits for an answer', async () => {
  const meanwhile: Meanwhile = { hanging: 0, givenUp: 0, renewed: () => undefined }
  await using server = await misbehavingServer(hangingAnswer(meanwhile))
  const { child, ended } = await startRun(server.kubeconfig, connectionsForWrites + 8)
  try {
    await new Promise<void>((resolve) => { meanwhile.renewed = () => { if (meanwhile.hanging >= connectionsForWrites) resolve() } })
    expect(meanwhile).toMatchObject({ hanging: connectionsForWrites, givenUp: 0 })
  } finally {
    child.kill('SIGKILL')
    await ended
  }
})

describe('run ends within five seconds', () => {
  test('where the API server takes connections and never shakes hands', async () => {
    const { promise: taken, resolve: take } = Promise.withResolvers<Socket>()
    const server = createServer((socket) => { take(socket.on('error', () => undefined)) })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const running = await startRun(await kubeconfigOf(`https://127.0.0.1:${(server.address() as AddressInfo).port}`, { token: 'secret-token' }), 1)
    try {
      await taken
      const { code, ms } = await terminate(running)
      expect(code).toBe(0)
      expect(ms).toBeLessThan(5000)
    } finally {
      running.child.kill('SIGKILL')
      server.close()
    }
  })

  test('where the API server answers nothing any more, writes are in flight and the lease is ours', async () => {
    const meanwhile: Meanwhile = { hanging: 0, givenUp: 0, renewed: () => undefined }
    const answer = hangingAnswer(meanwhile)
    let isSilent = false
    await using server = await misbehavingServer((...asked) => { if (!isSilent) answer(...asked) })
    const running = await startRun(server.kubeconfig, 2)
    try {
      await new Promise<void>((resolve) => { meanwhile.renewed = () => { if (meanwhile.hanging > 0) resolve() } })
      isSilent = true
      const { code, ms } = await terminate(running)
      expect(code).toBe(0)
      expect(ms).toBeLessThan(5000)
    } finally {
      running.child.kill('SIGKILL')
    }
  })
})
