// The shipped bundle holds only what is used of the packages below: also of what a kubeconfig with a proxy uses.

import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import type { Duplex } from 'node:stream'
import { describeCluster } from '../harness/describe-cluster.ts'
import { configText, find, newStage, service } from './stage.ts'
import { registrar } from './registrar.ts'

interface Kubeconfig {
  readonly clusters: readonly { readonly cluster: Record<string, unknown> }[]
}

let tunnels = 0

function tunnel(near: Duplex, hostname: string, port: number, welcome: string | Buffer): void {
  tunnels++
  const far = connect(port, hostname, () => { near.write(welcome) })
  near.pipe(far).pipe(near)
  for (const [end, other] of [[near, far], [far, near]] as const) end.on('error', () => other.destroy()).on('close', () => other.destroy())
}

const httpProxy = createHttpServer().on('connect', ({ url = '' }, near) => {
  const { hostname, port } = new URL(`http://${url}`)
  tunnel(near, hostname, Number(port), 'HTTP/1.1 200 Connection established\r\n\r\n')
})

/** RFC 1928: no authentication, CONNECT to an IPv4 address. */
const socksProxy = createServer((near) => {
  near.once('data', () => {
    near.write(Buffer.from([5, 0]))
    near.once('data', (request: Buffer) => { tunnel(near, [...request.subarray(4, 8)].join('.'), request.readUInt16BE(8), Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0])) })
  })
})

const proxies: Readonly<Record<string, Server>> = { http: httpProxy, socks5: socksProxy }

describeCluster('sync', () => {
  beforeAll(async () => { for (const proxy of Object.values(proxies)) await once(proxy.listen(0, '127.0.0.1'), 'listening') })
  afterAll(() => { for (const proxy of Object.values(proxies)) proxy.close() })

  test.each(Object.entries(proxies))('reaches the API server through the proxy that the kubeconfig names (%s)', async (scheme, proxy) => {
    const { namespace, kubeconfig } = await newStage()
    const parsed = JSON.parse(await readFile(kubeconfig, 'utf8')) as Kubeconfig
    for (const { cluster } of parsed.clusters) cluster['proxy-url'] = `${scheme}://127.0.0.1:${(proxy.address() as AddressInfo).port}`
    await writeFile(kubeconfig, JSON.stringify(parsed))
    tunnels = 0
    const { code, stderr } = await registrar(['sync', '-c', '-', '-o', 'json', '--no-probe'], configText([service('db')], namespace), kubeconfig)
    // Node warns when a TLS name is an address, as it is here through SOCKS.
    expect({ code, stderr: stderr.replace(/^\(.*DEP0123.*\n.*--trace-deprecation.*\n/, '') }).toEqual({ code: 0, stderr: '' })
    expect(await find('Service', namespace, 'db')).toBeDefined()
    expect(tunnels).toBeGreaterThan(0)
  })
})
