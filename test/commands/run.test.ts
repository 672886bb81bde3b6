// `run` as a person types it, against an API server that is of our own making.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type ServerResponse } from 'node:http'
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from '@jest/globals'
import { answerJSON, type Answer, misbehavingServer, status } from '../kubernetes/misbehaving-server.ts'

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

test('run renews its lease while every connection for writes waits for an answer', async () => {
  const meanwhile: Meanwhile = { hanging: 0, givenUp: 0, renewed: () => undefined }
  await using server = await misbehavingServer(hangingAnswer(meanwhile))
  const folder = dirname(server.kubeconfig)
  const services = Array.from({ length: connectionsForWrites + 8 }, (_, index) => `  - { name: s${index}, namespace: shop, ports: [{ port: 80 }], targets: [{ address: 192.0.2.1 }] }\n`)
  await writeFile(join(folder, 'registrar.yaml'), `instance: shop\nservices:\n${services.join('')}`)
  const main = join(process.cwd(), 'src', 'main.ts')
  const args = ['run', '-c', 'registrar.yaml', '--kubeconfig', server.kubeconfig, '--no-probe', '--admin', '127.0.0.1:0']
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...args], { cwd: folder, stdio: 'ignore' })
  const ended = once(child, 'close')
  try {
    await new Promise<void>((resolve) => { meanwhile.renewed = () => { if (meanwhile.hanging >= connectionsForWrites) resolve() } })
    expect(meanwhile).toMatchObject({ hanging: connectionsForWrites, givenUp: 0 })
  } finally {
    child.kill('SIGKILL')
    await ended
  }
})
