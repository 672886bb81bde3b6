import { describe, expect, test } from '@jest/globals'
import { loadConfig } from '../../src/config/load-config.ts'
import { type Declared, type HealthCheck } from '../../src/model/declared.ts'

interface Given {
  readonly defaults?: string
  readonly own?: string
  readonly ports?: string
  readonly targets?: string
}

async function load({ defaults, own, ports = '[{ name: pg, port: 5432 }]', targets = '[{ host: db.example.com }]' }: Given): Promise<Declared> {
  const lines = [
    'instance: a',
    ...(defaults === undefined ? [] : [`defaults: { healthCheck: ${defaults} }`]),
    'services:',
    `  - { name: db, ports: ${ports}, targets: ${targets}${own === undefined ? '' : `, healthCheck: ${own}`} }`,
  ]
  return loadConfig(['-'], () => Promise.resolve(lines.join('\n')))
}

async function checkOf(given: Given): Promise<HealthCheck | undefined> {
  return (await load(given)).services[0]?.healthCheck
}

const builtin = { periodSeconds: 10, timeoutSeconds: 2, successThreshold: 1, failureThreshold: 3, transitionPeriodSeconds: 1 }

describe('healthCheck', () => {
  test.each<readonly [string, Given, object]>([
    ['without any: tcp on the first TCP port', { ports: '[{ name: dns, port: 53, protocol: UDP }, { name: a, port: 1 }, { name: b, port: 2 }]' }, { kind: 'tcp', port: 'a' }],
    ['on the only port, which has no name', { ports: '[{ port: 1 }]' }, { kind: 'tcp', port: '' }],
    ['port names another port', { own: '{ port: b }', ports: '[{ name: a, port: 1 }, { name: b, port: 2 }]' }, { kind: 'tcp', port: 'b' }],
    ['timings are inherited one by one', { defaults: '{ periodSeconds: 20, timeoutSeconds: 5 }', own: '{ timeoutSeconds: 6, failureThreshold: 1 }' },
      { kind: 'tcp', periodSeconds: 20, timeoutSeconds: 6, failureThreshold: 1 }],
    ['the kind is inherited with timings of its own', { defaults: '{ none: {} }', own: '{ periodSeconds: 30 }' }, { kind: 'none', periodSeconds: 30 }],
    ['a kind replaces the inherited kind', { defaults: '{ http: { path: /a, bodyContains: x } }', own: '{ tcp: {} }' }, { kind: 'tcp' }],
    ['a kind replaces what the inherited one says', { defaults: '{ http: { path: /a, bodyContains: x } }', own: '{ http: { path: /b } }' },
      { kind: 'http', http: { path: '/b', scheme: 'HTTP', headers: {}, expectedStatuses: [[200, 399]], verify: true } }],
    ['a service of UDP ports alone has none', { ports: '[{ port: 53, protocol: UDP }]', defaults: '{ http: {} }' }, { kind: 'none' }],
    ['a service of SCTP ports alone may say so', { ports: '[{ port: 1, protocol: SCTP }]', own: '{ none: {} }' }, { kind: 'none' }],
    ['a timeout as long as the period', { own: '{ periodSeconds: 2 }' }, { periodSeconds: 2, timeoutSeconds: 2 }],
    ['none by default on port 3306', { ports: '[{ port: 3306 }]' }, { kind: 'none' }],
    ['none by default on port 33060, whatever the file says', { ports: '[{ port: 33060 }]', defaults: '{ tcp: {} }' }, { kind: 'none' }],
    ['none by default with targetPort 3306', { ports: '[{ port: 1, targetPort: 3306 }]' }, { kind: 'none' }],
    ['none by default where a target listens on 3306', { targets: '[{ address: 192.0.2.1, ports: { pg: 3306 } }]' }, { kind: 'none' }],
    ['none by default with a mysql appProtocol', { ports: '[{ port: 1, appProtocol: example.com/MySQL }]', own: '{ periodSeconds: 5 }' }, { kind: 'none' }],
    ['tcp where the deciding port is not the MySQL port', { ports: '[{ name: a, port: 3306 }, { name: b, port: 80 }]', own: '{ port: b }' }, { kind: 'tcp', port: 'b' }],
  ])('%s', async (_, given, expected) => {
    expect(await checkOf(given)).toMatchObject(expected)
  })

  test('none has no port, and http that is replaced leaves nothing behind', async () => {
    expect(await checkOf({ own: '{ none: {}, port: pg }' })).toEqual({ kind: 'none', ...builtin })
    expect(await checkOf({ defaults: '{ http: {} }', own: '{ tcp: {} }' })).toEqual({ kind: 'tcp', port: 'pg', ...builtin })
  })

  test('http takes every key and turns statuses into ranges', async () => {
    const http = `{ path: "/a?b", scheme: HTTPS, host: A.Example.com, serverName: b.example.com., verify: false, caFile: /ca.pem, bodyContains: ok,
      headers: { Accept: a, Authorization: { file: /t }, X-Token: { env: T } }, expectedStatuses: [204, "301", "400-404"] }`
    expect(await checkOf({ own: `{ http: ${http} }` })).toEqual({
      kind: 'http', port: 'pg', ...builtin,
      http: {
        path: '/a?b', scheme: 'HTTPS', host: 'a.example.com', serverName: 'b.example.com', verify: false, caFile: '/ca.pem', bodyContains: 'ok',
        headers: { Accept: 'a', Authorization: { file: '/t' }, 'X-Token': { env: 'T' } },
        expectedStatuses: [[204, 204], [301, 301], [400, 404]],
      },
    })
  })
})

describe('warnings', () => {
  const mysql = 'on a MySQL port: MySQL blocks a host after many connections without a login (max_connect_errors)'

  test.each<readonly [string, Given, readonly string[]]>([
    ['tcp that is asked for on port 3306', { ports: '[{ port: 3306 }]', own: '{ tcp: {} }' }, [`<stdin>:3:94: Check tcp ${mysql}`]],
    ['http that is asked for on a mysql appProtocol', { ports: '[{ port: 1, appProtocol: mysql }]', own: '{ http: {} }' }, [`<stdin>:3:111: Check http ${mysql}`]],
    ['keys that only HTTPS reads', { own: '{ http: { verify: false } }' }, ['<stdin>:3:112: Key verify has no effect: the scheme is HTTP']],
    ['nothing on other ports', { own: '{ tcp: {} }' }, []],
    ['nothing with none on 3306', { ports: '[{ port: 3306 }]', own: '{ none: {} }' }, []],
  ])('%s', async (_, given, warnings) => {
    expect((await load(given)).warnings).toEqual(warnings)
  })

  test('tcp that is asked for on port 3306 is taken', async () => {
    expect(await checkOf({ ports: '[{ port: 3306 }]', own: '{ tcp: {} }' })).toMatchObject({ kind: 'tcp' })
  })
})
