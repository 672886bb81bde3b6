import { expect, test } from '@jest/globals'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { kubernetesClient } from '../../../src/kubernetes/client.ts'
import { clusterTarget } from '../../../src/kubernetes/cluster-target.ts'
import { kubeconfigOf } from '../../kubernetes/misbehaving-server.ts'
import { cluster } from '../harness/cluster.ts'
import { describeClusterWith } from '../harness/describe-cluster.ts'
import { testNamespace } from '../harness/test-namespace.ts'
import { creation, service, slice } from './objects.ts'

const signal = new AbortController().signal

describeClusterWith(['requestLog'], 'kubernetesClient', () => {
  test('makes all calls to a real API server over one pool of TLS connections', async () => {
    const namespace = await testNamespace()
    const { hostname, port } = new URL(cluster().server)
    let accepted = 0
    const proxy = createServer((inward) => {
      accepted += 1
      const onward = connect(Number(port), hostname)
      inward.on('error', () => onward.destroy())
      onward.on('error', () => inward.destroy())
      inward.pipe(onward).pipe(inward)
    })
    await once(proxy.listen(0, '127.0.0.1'), 'listening')
    const ca = await readFile(cluster().caFile)
    const kubeconfig = await kubeconfigOf(`https://127.0.0.1:${(proxy.address() as AddressInfo).port}`, { token: cluster().token }, {
      'certificate-authority-data': ca.toString('base64'),
    })
    const target = clusterTarget(kubernetesClient({ kubeconfig, connections: 8 }))
    try {
      const names = Array.from({ length: 60 }, (_, index) => `db-${index}`)
      const written = await Promise.all(names.map((name) => target.write([service(namespace, name), slice(namespace, name)].map(creation), signal)))
      expect(written.filter(({ failure }) => failure !== undefined)).toEqual([])
      await Promise.all([target.surroundings(signal), target.read({ namespaces: [namespace], everywhere: true, instance: 'test' }, signal)])
      expect(accepted).toBeLessThanOrEqual(8)
    } finally {
      await target.close()
      proxy.close()
    }
  })
})
