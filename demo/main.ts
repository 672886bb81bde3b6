// The main job with no cluster: an outside world on this machine, synced into a directory, changed, synced again, and followed.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { styleText } from 'node:util'
import { failing } from '../test/support/dns-behaviours.ts'
import { showChangingWorld } from './changing-world.ts'
import { apiAddress, startOutside, type Outside } from './outside-world.ts'

const command = join(import.meta.dirname, '..', 'dist', 'main.js')
const [first, second, third] = ['127.0.0.11', '127.0.0.12', '127.0.0.13'] as const

const configText = ({ dns, databasePort, apiPort }: Outside): string => `apiVersion: endpoint-registrar.io/v1
kind: RegistrarConfig
instance: demo
guard: { permitLoopback: true }            # the outside world of this demo is on loopback
resolver: { nameservers: ['${dns.address}'], timeoutSeconds: 1 }
defaults: { namespace: shop, healthCheck: { tcp: {}, failureThreshold: 2 } }
services:
  - name: orders-db
    ports: [{ name: postgres, port: 5432, targetPort: ${databasePort} }]
    targets: [{ host: orders-db.example.com }]
  - name: rates-api
    ports: [{ name: http, port: 80, targetPort: ${apiPort} }]
    targets: [{ host: rates.example.com }]
    healthCheck: { http: { path: /healthz } }
`

function say(text: string): void {
  process.stdout.write(`\n${styleText('cyan', text)}\n`)
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'endpoint-registrar-demo-'))
  const outside = await startOutside([first, second, third])
  try {
    await showAll(folder, outside)
  } finally {
    await outside.stop()
    await rm(folder, { recursive: true })
  }
}

async function showAll(folder: string, outside: Outside): Promise<void> {
  const registrar = (expected: number, ...args: string[]): Promise<void> => run(folder, expected, args)
  const sync = (expected: number): Promise<void> => registrar(expected, 'sync', '-c', 'registrar.yaml', '--to', 'dir:manifests', '--probe')
  const { dns } = outside
  dns.host('orders-db.example.com', [first, second])
  dns.host('rates.example.com', [apiAddress])
  const config = configText(outside)
  await writeFile(join(folder, 'registrar.yaml'), config)
  say('An outside world is up: two databases and an API behind DNS names. This config makes them Services:')
  process.stdout.write(config)

  say('What do DNS and the probes say?')
  await registrar(0, 'check', '-c', 'registrar.yaml', '--to', 'dir:manifests')
  say('Write the Services. Here into a directory; with a cluster, leave --to out.')
  await sync(0)
  process.stdout.write(await readFile(join(folder, 'manifests', 'shop', 'orders-db.yaml'), 'utf8'))
  say('Again: nothing has changed, so nothing is written.')
  await sync(0)

  say(`The database at ${second} dies: it stays known and is no longer ready.`)
  await outside.kill(second)
  await sync(0)
  say(`DNS moves: ${second} is replaced by ${third}.`)
  dns.host('orders-db.example.com', [first, third])
  await sync(0)
  say('3 a.m.: the name server answers SERVFAIL. What serves is kept, and the exit code says so (4).')
  dns.answer('orders-db.example.com', 'A', failing('SERVFAIL'))
  dns.answer('orders-db.example.com', 'AAAA', failing('SERVFAIL'))
  await sync(4)
  say('DNS is back.')
  dns.host('orders-db.example.com', [first, third])
  await sync(0)
  say('From here on nobody runs anything by hand: run follows the world, for half a minute of changes.')
  await showChangingWorld({ folder, outside, config: 'registrar.yaml', databases: [first, second, third] }, command, (...args) => registrar(0, ...args))
  say('That is all. Next: README.md, "Quickstart against a cluster".')
}

/** Runs the command as a user would, shows it, and insists on its exit code. */
async function run(folder: string, expected: number, args: readonly string[]): Promise<void> {
  process.stdout.write(`${styleText('bold', `$ endpoint-registrar ${args.join(' ')}`)}\n`)
  const child = spawn(process.execPath, [command, ...args], { cwd: folder, stdio: 'inherit' })
  const [code] = await once(child, 'exit') as [number | null]
  if (code !== expected) throw new Error(`Expected exit code ${expected}: ${code ?? 'killed'}`)
}

await main()
