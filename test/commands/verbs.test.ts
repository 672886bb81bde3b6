// The verbs as a person types them, with no cluster: a directory, and a name server of our own.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { failing } from '../support/dns-behaviours.ts'
import { startDnsServer, type DnsServer } from '../support/dns-server.ts'

let folder: string
let dns: DnsServer

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'endpoint-registrar-verbs-'))
  dns = await startDnsServer()
  dns.host('db.example.com', ['192.0.2.10'])
  dns.host('api.example.com', ['192.0.2.20'])
})

afterEach(async () => {
  await dns.stop()
  await rm(folder, { recursive: true })
})

async function write(...services: string[]): Promise<void> {
  const list = services.map((name) => `  - { name: ${name}, namespace: shop, ports: [{ port: 80 }], targets: [{ host: ${name}.example.com }] }\n`)
  await writeFile(join(folder, 'registrar.yaml'), `instance: shop\nresolver: { nameservers: ['${dns.address}'], timeoutSeconds: 10 }\nservices:\n${list.join('')}`)
}

async function registrar(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const main = join(process.cwd(), 'src', 'main.ts')
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...args, '-c', 'registrar.yaml'], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  const said = { stdout: '', stderr: '' }
  child.stdout.on('data', (bytes: Buffer) => { said.stdout += bytes.toString() })
  child.stderr.on('data', (bytes: Buffer) => { said.stderr += bytes.toString() })
  const [code] = await once(child, 'close') as [number | null]
  return { code, ...said }
}

test('render leaves out a service of which not everything is known, since applied it would take away what serves', async () => {
  await write('db', 'api')
  const before = await registrar('render')
  expect(before.code).toBe(0)
  expect(before.stdout).toContain('192.0.2.10')
  dns.answer('db.example.com', 'A', failing('SERVFAIL'))
  const { code, stdout, stderr } = await registrar('render')
  expect(code).toBe(4)
  expect(stdout).toContain('192.0.2.20')
  expect(stdout).not.toContain('db')
  expect(stderr).toContain('shop/db: left out')
})

test('a directory keeps what such a service had', async () => {
  await write('db', 'api')
  await registrar('sync', '--to', 'dir:manifests')
  dns.answer('db.example.com', 'A', failing('SERVFAIL'))
  expect((await registrar('sync', '--to', 'dir:manifests')).code).toBe(4)
  expect(await readFile(join(folder, 'manifests', 'shop', 'db.yaml'), 'utf8')).toContain('192.0.2.10')
})

test('remove says which manifest of a declared service it cannot read, and removes the others', async () => {
  await write('db', 'api')
  await registrar('sync', '--to', 'dir:manifests')
  await writeFile(join(folder, 'manifests', 'shop', 'db.yaml'), 'garbage: [')
  await writeFile(join(folder, 'manifests', 'shop', 'kustomization.yaml'), 'kind: Kustomization')
  const note = expect.stringMatching(/^Service shop\/db could not be read, .*db\.yaml: Not YAML/) as unknown
  const { code, stdout } = await registrar('remove', '--to', 'dir:manifests', '--yes', '-o', 'json')
  expect(code).toBe(4)
  expect(JSON.parse(stdout)).toMatchObject({ exitCode: 4, services: [{ name: 'api', status: 'removed' }], notes: [note] })
  const again = await registrar('remove', '--to', 'dir:manifests', '--yes')
  expect([again.code, `${again.stdout}${again.stderr}`]).toEqual([4, expect.stringContaining('Service shop/db could not be read')])
})

test('plan says what sync does where a refused service holds back what would go', async () => {
  await write('db')
  await registrar('sync', '--to', 'dir:manifests')
  await mkdir(join(folder, 'manifests', 'shop'), { recursive: true })
  await writeFile(join(folder, 'manifests', 'shop', 'api.yaml'), 'apiVersion: v1\nkind: Service\nmetadata: { name: api, namespace: shop }\n')
  await write('api')
  const outline = async (verb: string): Promise<unknown> => {
    const { services } = JSON.parse((await registrar(verb, '--to', 'dir:manifests', '-o', 'json')).stdout) as { services: { name: string; status: string; messages: string[] }[] }
    return services.map(({ name, status, messages }) => [name, status, messages])
  }
  const planned = await outline('plan')
  expect(planned).toEqual([['api', 'refused', [expect.any(String)]], ['db', 'withheld', [expect.stringContaining('does not serve yet: api')]]])
  expect(await outline('sync')).toEqual(planned)
})

test.each(['plan', 'sync', 'check', 'render'])('%s refuses the name of a service that nobody declared', async (verb) => {
  await write('db')
  expect(await registrar(verb, '--service', 'dbb')).toMatchObject({ code: 2, stderr: 'Error: No service dbb is declared\n' })
})
