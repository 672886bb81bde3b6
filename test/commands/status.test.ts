// `status` and `explain` as a person types them: against a real admin port, and against a directory where no controller answers.

import { once } from 'node:events'
import { createServer } from 'node:http'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { runCli } from '../../src/cli.ts'
import { type RunStatus } from '../../src/model/run-status.ts'
import { type Admin, openAdmin } from '../../src/telemetry/admin-server.ts'
import { failing } from '../support/dns-behaviours.ts'
import { startDnsServer, type DnsServer } from '../support/dns-server.ts'
import { addressState, hostReport, runStatus, serviceState } from '../support/run-status.ts'

let folder: string
let stops: (() => Promise<unknown>)[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'endpoint-registrar-status-'))
  stops = [() => rm(folder, { recursive: true })]
})

afterEach(async () => {
  for (const stop of stops.reverse()) await stop()
})

async function controller(status: RunStatus): Promise<Admin> {
  const admin = await openAdmin({
    listen: '127.0.0.1:0', status: () => status, metrics: { contentType: 'text/plain', async* chunks() { /* none */ } },
    isHealthy: () => true, isReady: () => true, requestSync: () => undefined, tell: () => undefined,
  })
  stops.push(() => admin.close())
  return admin
}

/** A port at which nobody answers. */
async function nobody(): Promise<string> {
  const admin = await controller(runStatus())
  await admin.close()
  stops.pop()
  return admin.address
}

/** In this process: another would take half a second to start. */
async function registrar(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const said = { stdout: '', stderr: '' }
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    jest.spyOn(process[name], 'write').mockImplementation((text) => { said[name] += String(text); return true }))
  try {
    const code = await runCli(['node', 'endpoint-registrar', ...args], new AbortController().signal)
    return { code, ...said }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}

describe('where a controller answers', () => {
  const broken = serviceState({
    name: 'api', status: 'kept', messages: ['api.example.com: A: unknown (SERVFAIL): keeps 1 address since 2026-11-23T12:50:00.000Z'],
    hosts: [hostReport({ host: 'api.example.com', outcome: 'unknown', reason: 'SERVFAIL' })], addresses: [addressState({ address: '192.0.2.20', hosts: ['api.example.com'] })],
  })

  test('status has a line for each service, and ends with 4 where one is not well', async () => {
    const { address } = await controller(runStatus({ services: [serviceState(), broken] }))
    const { code, stdout, stderr } = await registrar('status', '--admin', address)
    expect([code, stderr]).toEqual([4, ''])
    expect(stdout.split('\n').slice(2)).toEqual([
      'NAMESPACE/NAME  STATUS  READY  HOSTS            SINCE  MESSAGE',
      'shop/db         done    1/1    db.example.com   1h',
      `shop/api        kept    1/1    api.example.com  1h     ${broken.messages[0] ?? ''}`,
      '',
    ])
  })

  test('status -n shows this namespace alone, and ends with 0 where all of it is well', async () => {
    const { address } = await controller(runStatus({ services: [broken, serviceState({ namespace: 'other' })] }))
    const { code, stdout } = await registrar('status', '--admin', address, '-n', 'other')
    expect(code).toBe(0)
    expect(stdout).toContain('other/db')
    expect(stdout).not.toContain('api')
  })

  test('status -o json is what the controller knows', async () => {
    const status = runStatus({ services: [broken] })
    const { address } = await controller(status)
    const { code, stdout } = await registrar('status', '--admin', address, '-o', 'json')
    const { services, now, ...run } = status
    expect(JSON.parse(stdout)).toEqual({ verb: 'status', source: 'controller', now, controller: run, notes: [], services, exitCode: code })
  })

  test.each([['shop/api'], ['api'], ['api', '-n', 'shop']])('explain %s %s %s is of this service, with what can be done', async (...args) => {
    const { address } = await controller(runStatus({ services: [serviceState(), broken] }))
    const { code, stdout } = await registrar('explain', ...args, '--admin', address)
    expect(code).toBe(4)
    expect(stdout).toContain('shop/api kept for 1h')
    expect(stdout).toContain('→ DNS gives no answer for this host')
    expect(stdout).toContain('192.0.2.20')
    expect(stdout).not.toContain('192.0.2.10  5432')
  })

  test('explain -o json has the advice beside the messages', async () => {
    const { address } = await controller(runStatus({ services: [broken], guard: { deletions: 8, owned: 10, maxDeletePercent: 30 } }))
    const { stdout } = await registrar('explain', 'shop/api', '--admin', address, '-o', 'json')
    expect(JSON.parse(stdout)).toMatchObject({
      verb: 'explain', source: 'controller', exitCode: 4, services: [{ ...broken, advice: [{ message: broken.messages[0], advice: expect.stringContaining('DNS') as unknown }] }],
    })
  })

  test('explain judges the service alone, whatever else is wrong', async () => {
    const { address } = await controller(runStatus({ services: [broken, serviceState()], config: { takenAt: '2026-11-23T12:00:00.000Z', fault: 'x' } }))
    expect((await registrar('explain', 'shop/db', '--admin', address)).code).toBe(0)
  })

  test.each([
    [['shop/nobody'], 'Error: No service shop/nobody is known\n'],
    [['nobody'], 'Error: No service nobody is known\n'],
    [['db'], 'Error: Several services are called db: shop/db, other/db\n'],
    [['shop/db', '-n', 'other'], 'Error: Two namespaces: shop and other\n'],
    [['a/b/c'], 'Error: Not a service: a/b/c: give NAMESPACE/NAME, or NAME\n'],
    [['/db'], 'Error: Not a service: /db: give NAMESPACE/NAME, or NAME\n'],
  ])('explain %j ends with 2', async (args, stderr) => {
    const { address } = await controller(runStatus({ services: [serviceState(), serviceState({ namespace: 'other' })] }))
    expect(await registrar('explain', ...args, '--admin', address)).toMatchObject({ code: 2, stderr, stdout: '' })
  })

  test('--admin without a colon is said with what was meant', async () => {
    expect(await registrar('status', '--admin', '9780')).toMatchObject({ code: 2, stderr: 'Error: Not a host:port: 9780 (:9780 on this machine)\n' })
  })

  test('--admin may be given as it is to run', async () => {
    const { address } = await controller(runStatus())
    expect((await registrar('status', '--admin', `:${address.split(':')[1] ?? ''}`)).code).toBe(0)
  })
})

describe('where no controller answers', () => {
  test.each(['status', 'explain'])('%s ends with 5 without a hint whose objects to read', async (verb) => {
    const admin = await nobody()
    const { code, stderr } = await registrar(verb, ...(verb === 'explain' ? ['shop/db'] : []), '--admin', admin)
    expect([code, stderr]).toEqual([5, `Error: No controller answers at ${admin}: ECONNREFUSED; with --config or --instance the objects themselves are read\n`])
  })

  test.each([
    ['an error', 500, '{}', 'status 500'], ['no JSON', 200, '<html>', 'what answers there is no controller'],
    ['other JSON', 200, '{"services":[]}', 'what answers there is no controller'], ['null', 200, 'null', 'what answers there is no controller'],
    ['a status of something else', 200, '{"instance":"shop","now":"2026-11-23T13:00:00.000Z","services":[]}', 'what answers there is no controller'],
  ])('takes a server that answers with %s for none', async (_, status, text, why) => {
    const server = createServer((_request, response) => { response.writeHead(status).end(text) }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    stops.push(() => new Promise((resolve) => { server.close(resolve); server.closeAllConnections() }))
    const admin = `127.0.0.1:${(server.address() as { port: number }).port}`
    expect((await registrar('status', '--admin', admin)).stderr).toBe(`Error: No controller answers at ${admin}: ${why}; with --config or --instance the objects themselves are read\n`)
  })

  test.each(['nonsense', 'http://127.0.0.1:1', 'a b:1', '127.0.0.1:99999', 'user@127.0.0.1:1'])('refuses --admin %j', async (admin) => {
    const { code, stderr } = await registrar('status', '--admin', admin)
    expect([admin, code, stderr.split(':')[0]]).toEqual([admin, 2, 'Error'])
  })

  test('ends with 5 where the cluster does not answer either', async () => {
    const admin = await nobody()
    await writeFile(join(folder, 'kubeconfig'), JSON.stringify({
      apiVersion: 'v1', kind: 'Config', 'current-context': 'x', contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
      clusters: [{ name: 'x', cluster: { server: `https://${admin}` } }], users: [{ name: 'x', user: {} }],
    }))
    const { code, stderr } = await registrar('status', '--admin', admin, '--instance', 'shop', '--kubeconfig', join(folder, 'kubeconfig'))
    expect(code).toBe(5)
    expect(stderr).toMatch(`Error: No controller answers at ${admin}: ECONNREFUSED; and of the objects: The API server cannot be reached: ${admin}: `)
  })

  test('ends with 5 where no cluster is known either, and says both', async () => {
    const admin = await nobody()
    const kubeconfig = join(folder, 'none')
    const { code, stderr } = await registrar('explain', 'shop/db', '--admin', admin, '--instance', 'shop', '--kubeconfig', kubeconfig)
    expect([code, stderr]).toEqual([5, `Error: No controller answers at ${admin}: ECONNREFUSED; and of the objects: Kubeconfig does not exist: ${kubeconfig}\n`])
  })

  test('says why not, also where a port is one that no client of HTTP asks', async () => {
    const { stderr } = await registrar('status', '--admin', '127.0.0.1:6000')
    expect(stderr).toBe('Error: No controller answers at 127.0.0.1:6000: bad port; with --config or --instance the objects themselves are read\n')
  })
})

describe('what the objects say', () => {
  let dns: DnsServer
  let admin: string
  let config: string
  let to: readonly string[]

  beforeEach(async () => {
    admin = await nobody()
    config = join(folder, 'registrar.yaml')
    to = ['--to', `dir:${join(folder, 'manifests')}`]
    dns = await startDnsServer()
    stops.push(() => dns.stop())
    dns.host('db.example.com', ['192.0.2.10', '192.0.2.11'])
    dns.host('api.example.com', ['192.0.2.20'])
    await declare('db', 'api')
    await registrar('sync', '-c', config, ...to)
  })

  async function declare(...names: string[]): Promise<void> {
    const services = names.map((name) => `  - { name: ${name}, namespace: shop, ports: [{ port: 80 }], targets: [{ host: ${name}.example.com, family: IPv4 }] }\n`)
    await writeFile(config, `instance: shop\nresolver: { nameservers: ['${dns.address}'], timeoutSeconds: 1 }\nservices:\n${services.join('')}`)
  }

  async function services(...args: string[]): Promise<readonly Record<string, unknown>[]> {
    const { stdout } = await registrar('status', '--admin', admin, ...to, '-o', 'json', ...args)
    return (JSON.parse(stdout) as { services: Record<string, unknown>[] }).services
  }

  test.each(['config', 'instance'])('status --%s reads them, and says that no controller answered', async (by) => {
    const { code, stdout } = await registrar('status', '--admin', admin, ...to, `--${by}`, by === 'config' ? config : 'shop')
    expect(code).toBe(0)
    expect(stdout).toContain(`! No controller answers at ${admin}: ECONNREFUSED. This is what was written last, as the objects in the directory say`)
    expect(stdout).toMatch(/shop\/db +published +2\/2 +db\.example\.com/)
    expect(stdout).toMatch(/shop\/api +published +1\/1 +api\.example\.com/)
  })

  test('explain has each address, its host and its verdict', async () => {
    const { code, stdout } = await registrar('explain', 'shop/db', '--admin', admin, '--instance', 'shop', ...to)
    expect(code).toBe(0)
    expect(stdout).toMatch(/in +192\.0\.2\.10 +80 +ready +as last written +passes +db\.example\.com/)
    expect(stdout).toMatch(/db\.example\.com +A +not asked +192\.0\.2\.10 192\.0\.2\.11/)
  })

  test('a host that DNS was silent about is stale, and the status is 4', async () => {
    dns.answer('db.example.com', 'A', failing('SERVFAIL'))
    await registrar('sync', '-c', config, ...to)
    const { code, stdout } = await registrar('explain', 'db', '--admin', admin, '--instance', 'shop', ...to)
    expect(code).toBe(4)
    expect(stdout).toMatch(/192\.0\.2\.11 stale for \d+s/)
  })

  test('a declared service that is not there is missing, one that is no longer declared is said', async () => {
    await declare('api', 'new')
    expect(await services('-c', config)).toMatchObject([
      { name: 'api', status: 'published', messages: [] }, { name: 'new', status: 'missing', messages: ['Not there: nothing has written this Service'] },
      { name: 'db', status: 'published', messages: ['No longer declared: the next sync or resync lets it go'] },
    ])
    expect((await services('--instance', 'shop')).map(({ name, messages }) => [name, messages]).sort()).toEqual([['api', []], ['db', []]])
  })

  test('a paused and a foreign Service are called so', async () => {
    const change = async (name: string, by: (text: string) => string): Promise<void> => {
      const path = join(folder, 'manifests', 'shop', `${name}.yaml`)
      await writeFile(path, by(await readFile(path, 'utf8')))
    }
    await change('db', (text) => text.replace(/(kind: Service\nmetadata:\n)/, '$1  annotations: { endpoint-registrar.io/paused: "true" }\n'))
    await change('api', (text) => text.replaceAll('endpoint-registrar.io/instance: shop', 'endpoint-registrar.io/instance: other'))
    expect((await services('-c', config)).map(({ name, status }) => [name, status])).toEqual([['db', 'paused'], ['api', 'foreign']])
    expect((await services('--instance', 'shop')).map(({ name }) => name)).toEqual(['db'])
  })

  test('a service that the config pauses is paused, and serves', async () => {
    await declare('db', 'api')
    await writeFile(config, (await readFile(config, 'utf8')).replace('name: db,', 'name: db, paused: true,'))
    expect(await services('-c', config)).toMatchObject([
      { name: 'db', status: 'paused', messages: ['Paused: nothing of it is changed'], addresses: [{ published: 'ready' }, { published: 'ready' }] }, { name: 'api', status: 'published' },
    ])
    expect((await registrar('status', '--admin', admin, ...to, '-c', config)).code).toBe(0)
  })

  test('--instance does not take the controller of another for its own', async () => {
    const other = await controller(runStatus({ instance: 'other' }))
    const { stdout } = await registrar('status', '--admin', other.address, '--instance', 'shop', ...to)
    expect(stdout).toContain(`! The controller at ${other.address} is of instance other. This is what was written last`)
    expect(stdout).toContain('shop/api')
  })

  test('-n reads this namespace alone', async () => {
    expect(await services('--instance', 'shop', '-n', 'elsewhere')).toEqual([])
    expect(await services('--instance', 'shop', '-n', 'shop')).toHaveLength(2)
  })
})
