import { execFileSync } from 'node:child_process'
import { basename } from 'node:path'
import { describe, expect } from '@jest/globals'
import { BinariesUnavailable, binary } from '../harness/binaries.ts'
import { clusterState } from '../harness/cluster.ts'
import { describeClusterWith } from '../harness/describe-cluster.ts'

/** command -> the Debian package that has it. */
const tools = { ip: 'iproute2', nft: 'nftables', conntrack: 'conntrack', unshare: 'util-linux' } as const

/** A `describe` that needs network namespaces and kube-proxy. Skipped, with a line that says why, where they cannot be had, in CI too. */
export async function describeWithNetwork(name: string, body: () => void): Promise<void> {
  const reason = await whyNoNetwork()
  if (reason === undefined) {
    describeClusterWith(['own', 'controllerManager'], name, body)
    return
  }
  process.stderr.write(`skipped: ${basename(expect.getState().testPath ?? '')}: ${name}: ${reason}\n`)
  describe.skip(name, body)
}

/** Why this machine cannot make the network, or undefined. Builds kube-proxy where it has to. */
async function whyNoNetwork(): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'network namespaces need Linux and root'
  const lacking = Object.entries(tools).filter(([tool]) => !works(`command -v ${tool}`)).map(([, name]) => name)
  if (lacking.length > 0) return `not installed: ${lacking.join(', ')}`
  if (!works('unshare --net --mount sh -c "nft add table ip try && ip link add try0 type veth peer name try1"')) {
    return 'this machine makes no network namespace with nftables and veth'
  }
  return clusterState().state === 'running' ? whyNoKubeProxy() : undefined
}

async function whyNoKubeProxy(): Promise<string | undefined> {
  try {
    await binary('kube-proxy')
    return undefined
  } catch (error) {
    if (error instanceof BinariesUnavailable) return error.message
    throw error
  }
}

function works(command: string): boolean {
  try {
    execFileSync('sh', ['-c', command], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
