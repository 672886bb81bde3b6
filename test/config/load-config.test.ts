import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { loadConfig } from '../../src/config/load-config.ts'
import { type Declared, serviceKey } from '../../src/model/declared.ts'
import { faultsOf } from './faults-of.ts'

const noStdin = (): Promise<string> => Promise.reject(new Error('Nobody asked for standard input'))

let root = ''
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'config-'))
})
afterEach(async () => {
  await rm(root, { recursive: true })
})

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true })
    await writeFile(join(root, name), text)
  }
}

const load = (...names: string[]): Promise<Declared> => loadConfig(names.map((name) => `${root}/${name}`), noStdin)
const loadText = (text: string): Promise<Declared> => loadConfig(['-'], () => Promise.resolve(text))
const faults = async (...names: string[]): Promise<string[]> => (await faultsOf(load(...names))).map((fault) => fault.replaceAll(`${root}/`, ''))
const keys = ({ services }: Declared): string[] => services.map(serviceKey)

const service = (name: string, more = ''): string => `  - { name: ${name}, ports: [{ name: pg, port: 5432 }], targets: [{ address: 192.0.2.1 }]${more} }\n`
const plain = `instance: a\nservices:\n${service('db')}`

describe('loadConfig() of a service', () => {
  test('fills in every default', async () => {
    expect(await loadText(plain)).toEqual({
      instance: 'a',
      publish: 'both',
      guard: { maxDeletePercent: 30, permitLoopback: false, allowedCIDRs: [], deniedCIDRs: [] },
      resolver: { nameservers: [], timeoutSeconds: 2, minTTLSeconds: 5, maxTTLSeconds: 3600, maxStaleSeconds: 86400, whenStaleExpires: 'keep', absentConfirmations: 3, retainSeconds: 0, maxAddresses: 1000 },
      schedule: '*/10 * * * *', writeDebounceMs: 50,
      services: [{
        namespace: 'default',
        name: 'db',
        source: '<stdin>:3:5',
        type: 'ClusterIP',
        labels: {},
        annotations: {},
        ports: [{ name: 'pg', port: 5432, targetPort: 5432, protocol: 'TCP' }],
        targets: [{ address: '192.0.2.1', families: ['IPv4'], ports: {}, drain: false }],
        healthCheck: { kind: 'tcp', port: 'pg', periodSeconds: 10, timeoutSeconds: 2, successThreshold: 1, failureThreshold: 3, transitionPeriodSeconds: 1 },
        whenAllUnready: 'publishAll',
        panicThresholdPercent: 0,
        adopt: false,
        paused: false,
      }],
      warnings: [],
    })
  })

  test('takes every key that a service can have', async () => {
    const { services: [declared] } = await loadText(`
instance: a
services:
  - name: db
    namespace: shop
    type: Headless
    labels: { team: a, 1.10: "1.10" }
    annotations: { example.com/note: any text }
    ipFamilyPolicy: RequireDualStack
    ports: [{ port: 53, protocol: UDP, appProtocol: example.com/dns }]
    targets:
      - { host: DB.Example.COM., family: IPv6, drain: true }
      - { host: _dns.db_1.example.com }
      - { address: "2001:DB8:0:0::1" }
    healthCheck: { none: {}, periodSeconds: 3 }
    whenAllUnready: publishNone
    panicThresholdPercent: 50
    adopt: true
    paused: true
`)
    expect(declared).toEqual({
      namespace: 'shop',
      name: 'db',
      source: '<stdin>:4:5',
      type: 'Headless',
      labels: { team: 'a', '1.10': '1.10' },
      annotations: { 'example.com/note': 'any text' },
      ipFamilyPolicy: 'RequireDualStack',
      ports: [{ name: '', port: 53, targetPort: 53, protocol: 'UDP', appProtocol: 'example.com/dns' }],
      targets: [
        { host: 'db.example.com', families: ['IPv6'], ports: {}, drain: true },
        { host: '_dns.db_1.example.com', families: ['IPv4', 'IPv6'], ports: {}, drain: false },
        { address: '2001:db8::1', families: ['IPv6'], ports: {}, drain: false },
      ],
      healthCheck: { kind: 'none', periodSeconds: 3, timeoutSeconds: 2, successThreshold: 1, failureThreshold: 3, transitionPeriodSeconds: 1 },
      whenAllUnready: 'publishNone',
      panicThresholdPercent: 50,
      adopt: true,
      paused: true,
    })
  })

  test('takes one machine with two processes as two targets', async () => {
    const text = `instance: a\nservices:\n  - name: db\n    ports: [{ name: pg, port: 5432 }]\n    targets: [{ address: 192.0.2.1 }, { address: 192.0.2.1, ports: { pg: 5433 } }]\n`
    expect((await loadText(text)).services[0]?.targets).toHaveLength(2)
  })

  test('takes one host for each family', async () => {
    const text = `instance: a\nservices:\n  - name: db\n    ports: [{ port: 5432 }]\n    targets: [{ host: db.example.com, family: IPv4 }, { host: db.example.com, family: IPv6 }]\n`
    expect((await loadText(text)).services[0]?.targets).toHaveLength(2)
  })

  test.each([
    ['address: 010.0.0.1', '3:73', 'Cannot use address 010.0.0.1: must not have leading zeros'],
    ['drain: true', '3:62', 'Missing key: host or address'],
  ])('a target of %s alone is one fault', async (target, place, message) => {
    expect(await faultsOf(loadText(plain.replace('address: 192.0.2.1', target)))).toEqual([`<stdin>:${place}: ${message}`])
  })

  test('an empty list of services loads', async () => {
    expect((await loadText('instance: a\nservices: []\n')).services).toEqual([])
  })

  test('101 services may share one anchor', async () => {
    const services = Array.from({ length: 300 }, (_, index) => `  - { name: db-${index}, ports: *ports, targets: *targets, <<: *rest }\n`).join('')
    const text = `instance: a\nx-p: &ports [{ port: 5432 }]\nx-t: &targets [{ host: db.example.com }]\nx-r: &rest { namespace: shop }\nservices:\n${services}`
    expect(keys(await loadText(text))).toHaveLength(300)
  })

  test('aliases that multiply are refused before they are walked', async () => {
    const levels = Array.from({ length: 12 }, (_, index) => `x-${index + 1}: &l${index + 1} [${Array.from({ length: 9 }, () => `*l${index}`).join()}]\n`).join('')
    expect(await faultsOf(loadText(`instance: a\nx-0: &l0 [a]\n${levels}services: *l12\n`)))
      .toEqual(['<stdin>:1:1: Cannot read YAML: Excessive alias count indicates a resource exhaustion attack'])
  })
})

describe('loadConfig() of several files', () => {
  test('merges them in the order of the sources, a directory sorted and flat', async () => {
    await write({
      'd/b.yml': `services:\n${service('b')}`, 'd/a.yaml': plain, 'd/c.txt': 'not: yaml', 'd/sub/x.yaml': 'nonsense: 1', 'd/.hidden.yaml': 'nonsense: 1',
      'd/dir.yaml/x.yaml': 'nonsense: 1', 'z.yaml': `services:\n${service('z')}`,
    })
    expect(keys(await load('z.yaml', 'd'))).toEqual(['default/z', 'default/db', 'default/b'])
  })

  test('reads a mounted ConfigMap once, through its links', async () => {
    await write({ 'm/..2026_01/a.yaml': plain })
    await symlink('..2026_01', join(root, 'm/..data'))
    await symlink('..data/a.yaml', join(root, 'm/a.yaml'))
    expect((await load('m')).services.map(({ source }) => source)).toEqual([`${join(root, 'm/a.yaml')}:3:5`])
  })

  test('a file named twice is read once', async () => {
    await write({ 'd/a.yaml': plain })
    expect(keys(await load('d', 'd/a.yaml', 'd/../d/a.yaml'))).toEqual(['default/db'])
  })

  test('reads several documents of one file, and defaults hold for all of them', async () => {
    await write({ 'a.yaml': `---\ninstance: a\ndefaults: { namespace: shop }\n---\nservices:\n${service('a')}---\nservices:\n${service('b')}---\n` })
    expect(keys(await load('a.yaml'))).toEqual(['shop/a', 'shop/b'])
  })

  test('defaults hold for their own file', async () => {
    await write({
      'a.yaml': `instance: a\ndefaults: { namespace: shop, healthCheck: { none: {}, periodSeconds: 7 } }\nservices:\n${service('a')}`,
      'b.yaml': `services:\n${service('b')}`,
    })
    const { services } = await load('a.yaml', 'b.yaml')
    expect(services.map((one) => [serviceKey(one), one.healthCheck.kind, one.healthCheck.periodSeconds])).toEqual([['shop/a', 'none', 7], ['default/b', 'tcp', 10]])
  })

  test('a service declared twice is a fault that names both places', async () => {
    await write({ 'a.yaml': plain, 'b.yaml': `services:\n${service('x')}${service('db', ', namespace: default')}` })
    expect(await faults('a.yaml', 'b.yaml')).toEqual(['b.yaml:3:5: Duplicate service default/db: first declared at a.yaml:3:5'])
  })

  test.each(['instance: b', 'publish: both', 'guard: {}', 'resolver: {}'])('%s in a second file is a fault that names both places', async (line) => {
    const key = line.split(':')[0] ?? ''
    await write({ 'a.yaml': `services: []\npublish: both\nguard: {}\nresolver: {}\ninstance: a\n`, 'b.yaml': `${line}\n` })
    const first = { publish: 2, guard: 3, resolver: 4, instance: 5 }[key]
    expect(await faults('a.yaml', 'b.yaml')).toEqual([`b.yaml:1:1: Duplicate key ${key}: it stands once in all files, first at a.yaml:${first ?? 0}:1`])
  })

  test('faults of all files are there at once, in the order of files and lines', async () => {
    await write({ 'a.yaml': 'instance: a\nfoo: 1\nservices: 7\n', 'b.yaml': 'services: [\n', 'c.yaml': `services:\n${service('X')}` })
    expect((await faults('a.yaml', 'b.yaml', 'missing.yaml', 'c.yaml')).map((fault) => fault.split(': ').slice(0, 2).join(': '))).toEqual([
      'missing.yaml:1:1: Cannot read missing.yaml',
      'a.yaml:2:1: Unknown key foo',
      'a.yaml:3:11: Cannot use services 7',
      'b.yaml:2:1: Cannot read YAML',
      'c.yaml:2:13: Cannot use name X',
    ])
  })

  test('a guard holds for the addresses of every file, also of those before it', async () => {
    await write({ 'a.yaml': `services:\n${service('db')}`, 'b.yaml': 'instance: a\nguard: { deniedCIDRs: [192.0.2.0/24] }\n' })
    expect(await faults('a.yaml', 'b.yaml')).toEqual(['a.yaml:2:73: Cannot use address 192.0.2.1: inside the denied 192.0.2.0/24'])
  })

  test('permitLoopback lets loopback through and no other refused address', async () => {
    const targets = 'targets: [{ address: 127.0.0.1 }, { address: "::1" }, { address: 169.254.1.1 }]'
    const text = `instance: a\nguard: { permitLoopback: true }\nservices:\n  - { name: db, ports: [{ port: 1 }], ${targets} }\n`
    expect(await faultsOf(loadText(text))).toEqual(['<stdin>:4:104: Cannot use address 169.254.1.1: link-local address'])
    expect((await loadText(text.replace(', { address: 169.254.1.1 }', ''))).services).toHaveLength(1)
  })

  test('a faulty guard does not hide addresses that no guard could permit', async () => {
    const targets = 'targets: [{ address: 127.0.0.1 }, { address: 169.254.1.1 }]'
    expect(await faultsOf(loadText(`instance: a\nguard: { permitLoopback: 1 }\nservices:\n  - { name: db, ports: [{ port: 1 }], ${targets} }\n`))).toEqual([
      '<stdin>:2:26: Cannot use permitLoopback 1: must be true or false',
      '<stdin>:4:84: Cannot use address 169.254.1.1: link-local address',
    ])
  })

  test('publish: endpoints takes 1,000 addresses and refuses more', async () => {
    const targets = (count: number): string => Array.from({ length: count }, (_, index) => `{ address: 198.18.${index >> 8}.${index & 255} }`).join()
    const text = (count: number): string => `instance: a\npublish: endpoints\nservices:\n  - { name: db, ports: [{ port: 1 }], targets: [${targets(count)}] }\n`
    expect((await loadText(text(1000))).services[0]?.targets).toHaveLength(1000)
    expect(await faultsOf(loadText(text(1001)))).toEqual(['<stdin>:4:5: Cannot publish 1001 addresses as Endpoints alone: at most 1000'])
  })

  test('annotations of more than 128 KiB are refused', async () => {
    const text = (length: number): string => plain.replace(' }\n', `, annotations: { a: "${'x'.repeat(length)}" } }\n`)
    expect((await loadText(text(131_071))).services).toHaveLength(1)
    expect(await faultsOf(loadText(text(131_072)))).toEqual(['<stdin>:3:87: Cannot use annotations of 131073 bytes: must be at most 131072'])
  })
})

describe('loadConfig() of what cannot be read', () => {
  test('a missing file, an empty directory and a dangling link are faults', async () => {
    await mkdir(join(root, 'empty'))
    await mkdir(join(root, 'links'))
    await symlink('nowhere', join(root, 'links/a.yaml'))
    expect(await faults('missing.yaml', 'empty', 'links')).toEqual([
      'missing.yaml:1:1: Cannot read missing.yaml: no such file or directory',
      'empty:1:1: Cannot read empty: no *.yaml or *.yml in this directory',
      'links/a.yaml:1:1: Cannot read links/a.yaml: no such file or directory',
    ])
  })

  // Root reads everything.
  const asUser = process.getuid?.() === 0 ? test.skip : test
  asUser('a directory without permission is a fault', async () => {
    await mkdir(join(root, 'closed'))
    await chmod(join(root, 'closed'), 0o000)
    expect(await faults('closed')).toEqual(['closed:1:1: Cannot read closed: permission denied'])
  })

  test('text that is not UTF-8 is a fault', async () => {
    await writeFile(join(root, 'a.yaml'), Buffer.from([0x69, 0xff, 0xfe]))
    expect(await faults('a.yaml')).toEqual(['a.yaml:1:1: Cannot read a.yaml: not UTF-8 text'])
  })

  test('standard input that fails is a fault', async () => {
    expect(await faultsOf(loadConfig(['-'], () => Promise.reject(new Error('closed'))))).toEqual(['<stdin>:1:1: Cannot read <stdin>: closed'])
  })

  test('standard input is read once and stands beside files', async () => {
    await write({ 'a.yaml': plain })
    let reads = 0
    const readStdin = (): Promise<string> => {
      reads += 1
      return Promise.resolve(`services:\n${service('b')}`)
    }
    expect(keys(await loadConfig(['-', join(root, 'a.yaml'), '-'], readStdin))).toEqual(['default/b', 'default/db'])
    expect(reads).toBe(1)
  })
})
