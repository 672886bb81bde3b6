// The shipped bundle holds only what is used of the packages below: also of what a kubeconfig with a proxy uses.

import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { describeCluster } from '../harness/describe-cluster.ts'
import { configText, find, newStage, service } from './stage.ts'
import { registrar } from './registrar.ts'

interface Kubeconfig {
  readonly clusters: readonly { readonly cluster: Record<string, unknown> }[]
}

describeCluster('sync', () => {
  let tunnels = 0
  const proxy = createServer().on('connect', ({ url = '' }, near) => {
    tunnels++
    const { hostname, port } = new URL(`http://${url}`)
    const far = connect(Number(port), hostname, () => { near.write('HTTP/1.1 200 Connection established\r\n\r\n') })
    near.pipe(far).pipe(near)
    for (const [end, other] of [[near, far], [far, near]] as const) end.on('error', () => other.destroy()).on('close', () => other.destroy())
  })
  beforeAll(async () => { await once(proxy.listen(0, '127.0.0.1'), 'listening') })
  afterAll(() => { proxy.close() })

  test('reaches the API server through the proxy that the kubeconfig names', async () => {
    const { namespace, kubeconfig } = await newStage()
    const parsed = JSON.parse(await readFile(kubeconfig, 'utf8')) as Kubeconfig
    for (const { cluster } of parsed.clusters) cluster['proxy-url'] = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
    await writeFile(kubeconfig, JSON.stringify(parsed))
    const { code, stderr } = await registrar(['sync', '-c', '-', '-o', 'json', '--no-probe'], configText([service('db')], namespace), kubeconfig)
    expect([code, stderr]).toEqual([0, ''])
    expect(await find('Service', namespace, 'db')).toBeDefined()
    expect(tunnels).toBeGreaterThan(0)
  })
})
