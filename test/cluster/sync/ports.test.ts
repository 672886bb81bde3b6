// A port's way from one shape to another: at no moment does a port of the Service lead nowhere.

import { expect, test } from '@jest/globals'
import { describeCluster } from '../harness/describe-cluster.ts'
import { beginHistory, gaps, momentsSince } from './history.ts'
import { live, newStage, patch, service, type ServiceConfig, slicesOf } from './stage.ts'

interface Port { readonly name?: string; readonly port: number; readonly targetPort?: number; readonly protocol?: string }

const unnamed = { port: 80, targetPort: 8080 }
const sql = { name: 'sql', port: 5432 }
const admin = { name: 'admin', port: 81, targetPort: 8081 }

const turns: readonly (readonly [string, readonly Port[], readonly Port[]])[] = [
  ['is renamed', [sql], [{ ...sql, name: 'postgres' }]],
  ['is added', [sql], [sql, admin]],
  ['is added before the other', [sql], [admin, sql]],
  ['is removed', [sql, admin], [admin]],
  ['gets a name', [unnamed], [{ ...unnamed, name: 'http' }]],
  ['loses its name', [{ ...unnamed, name: 'http' }], [unnamed]],
  ['gets a name and a neighbour', [unnamed], [{ ...unnamed, name: 'http' }, admin]],
  ['is replaced by two others', [sql], [{ ...sql, name: 'writer' }, { name: 'reader', port: 5433 }]],
  ['changes its number', [sql], [{ ...sql, port: 5433, targetPort: 5432 }]],
  ['changes its targetPort', [unnamed], [{ ...unnamed, targetPort: 9090 }]],
  ['changes name and numbers', [sql], [{ name: 'postgres', port: 6432, targetPort: 7432 }]],
  ['swaps numbers with another', [sql, admin], [{ ...sql, port: 81, targetPort: 5432 }, { ...admin, port: 5432 }]],
  ['swaps names with another', [sql, admin], [{ ...sql, name: 'admin' }, { ...admin, name: 'sql' }]],
]

describeCluster('sync, where a port', () => {
  const targets = [{ address: '192.0.2.10' }, { address: '192.0.2.11' }]
  const said = ({ name = '', port, targetPort = port, protocol = 'TCP' }: Port): string => `${name} ${port}->${targetPort}/${protocol}`

  test('is renamed, added, removed, renumbered: never leads nowhere', async () => {
    const { namespace, sync } = await newStage()
    // All turns at once, each a Service of its own: a process a turn would take a minute.
    const config = (side: 1 | 2): ServiceConfig[] => turns.map((turn, index) => service(`db-${index}`, { ports: turn[side], targets }))
    expect((await sync(config(1))).code).toBe(0)
    const history = await beginHistory(namespace)
    expect((await sync(config(2))).code).toBe(0)
    const moments = await momentsSince(history)
    for (const [index, [what, , to]] of turns.entries()) {
      const name = `db-${index}`
      expect({ what, gaps: gaps(moments, name), moments: moments.filter(({ after }) => after.includes(name)).length > 0 }).toEqual({ what, gaps: [], moments: true })
      expect({ what, ports: (await live('Service', namespace, name)).spec.ports?.map((port) => said(port as Port)) }).toEqual({ what, ports: to.map(said) })
      const slices = (await slicesOf(namespace, name)).map(({ ports }) => ports?.map((port) => [port.name, port.port]))
      expect({ what, slices }).toEqual({ what, slices: [to.map(({ name: label = '', port, targetPort = port }) => [label, targetPort])] })
    }
    expect((await sync(config(2))).json.services.flatMap(({ changes }) => changes)).toEqual([])
  })

  test('is renamed where targets listen on different numbers', async () => {
    const { namespace, sync } = await newStage()
    const config = (name: string): ServiceConfig[] => [service('db', {
      ports: [{ ...sql, name }, admin], targets: [...targets, { address: '192.0.2.12', ports: { [name]: 7000, admin: 7001 } }],
    })]
    await sync(config('sql'))
    const history = await beginHistory(namespace)
    expect((await sync(config('postgres'))).code).toBe(0)
    const moments = await momentsSince(history)
    expect([gaps(moments, 'db'), moments.length > 4]).toEqual([[], true])
    expect((await slicesOf(namespace, 'db')).map(({ ports }) => ports?.map(({ port }) => port))).toEqual([[5432, 8081], [7000, 7001]])
  })

  test('is renamed while every address changes', async () => {
    const { namespace, sync } = await newStage()
    await sync([service('db', { ports: [sql], targets: [{ address: '192.0.2.10' }, { address: '192.0.2.11' }] })])
    const history = await beginHistory(namespace)
    await sync([service('db', { ports: [{ ...sql, name: 'postgres' }], targets: [{ address: '198.51.100.1' }] })])
    expect(gaps(await momentsSince(history), 'db')).toEqual([])
  })

  test('is renamed, and the same rename is gone back on', async () => {
    const { namespace, sync } = await newStage()
    const renamed = [{ ...sql, name: 'postgres' }]
    await sync([service('db', { ports: [sql] })])
    const history = await beginHistory(namespace)
    for (const ports of [renamed, [sql], renamed]) expect((await sync([service('db', { ports })])).code).toBe(0)
    expect(gaps(await momentsSince(history), 'db')).toEqual([])
  })

  test('is renumbered although kubectl applied the old one', async () => {
    const { namespace, sync } = await newStage()
    await sync([service('db', { ports: [sql] })])
    // Another manager owns the entry of port 5432: for an apply that is a "Duplicate value" for ever (CONTRACT A10).
    await patch('Service', namespace, 'db', { spec: { ports: [{ name: 'sql', port: 5432, targetPort: 5432, protocol: 'TCP', appProtocol: 'x' }] } })
    const { code } = await sync([service('db', { ports: [{ ...sql, port: 5433 }] })])
    expect(code).toBe(0)
    expect((await live('Service', namespace, 'db')).spec.ports?.map(({ name, port }) => [name, port])).toEqual([['sql', 5433]])
  })
})
