import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cluster } from '../harness/cluster.ts'

/** A kubeconfig file for a server that is not the cluster's own, with a token that nobody knows. */
export async function kubeconfigOf(server: string, user: string): Promise<string> {
  const file = join(cluster().dir, `${user}-${new URL(server).port}.kubeconfig`)
  await writeFile(file, JSON.stringify({
    apiVersion: 'v1', kind: 'Config', 'current-context': 'x', contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
    clusters: [{ name: 'x', cluster: { server, 'insecure-skip-tls-verify': true } }], users: [{ name: 'x', user: { token: 'nobody' } }],
  }))
  return file
}
