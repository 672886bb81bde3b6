import { join } from 'node:path'
import { binary } from '../harness/binaries.ts'
import { failure, startComponent } from '../harness/component.ts'
import { type ControlPlane } from '../harness/control-plane.ts'
import { raw } from '../harness/raw.ts'
import { within } from './ip.ts'
import { type Network, podRanges } from './network.ts'

const nodeName = 'node'

export interface KubeProxy {
  /** The names of the Service's ports for which the node's kernel knows where they lead, the same in both families. */
  portsOf(namespace: string, service: string): Promise<readonly string[]>
  stop(): Promise<void>
}

/** Starts the real kube-proxy in the node's namespace. It goes with the network. */
export async function startKubeProxy(plane: ControlPlane, { node }: Network): Promise<KubeProxy> {
  await registerNode(plane, [node.ipv4, node.ipv6])
  const component = startComponent('kube-proxy', 'ip', ['netns', 'exec', node.namespace, await binary('kube-proxy'), ...argsOf(plane)], join(plane.dir, 'kube-proxy.log'))
  return {
    portsOf: async (namespace, service) => {
      if (component.hasExited()) throw await failure(component, 'ended by itself')
      const [ipv4 = [], ipv6] = await Promise.all(['ip', 'ip6'].map((family) => portsIn(node.namespace, family, `${namespace}/${service}`)))
      if (JSON.stringify(ipv4) !== JSON.stringify(ipv6)) throw new Error(`The families differ: ${ipv4.join()} and ${ipv6?.join() ?? ''}`)
      return ipv4
    },
    stop: () => component.kill(),
  }
}

function argsOf(plane: ControlPlane): readonly string[] {
  return [
    `--kubeconfig=${plane.kubeconfig}`, `--hostname-override=${nodeName}`, '--proxy-mode=nftables', `--cluster-cidr=${podRanges}`,
    // Zero leaves the machine's own settings as they are.
    '--conntrack-max-per-core=0', '--conntrack-tcp-timeout-established=0', '--conntrack-tcp-timeout-close-wait=0',
    // Its ports are in its own namespace, so no other run has them.
    '--metrics-bind-address=127.0.0.1:10249', '--healthz-bind-address=127.0.0.1:10256',
  ]
}

/** It waits for the addresses of its node before it does anything. */
async function registerNode(to: ControlPlane, addresses: readonly string[]): Promise<void> {
  const status = { addresses: addresses.map((address) => ({ type: 'InternalIP', address })) }
  const made = await raw('POST', '/api/v1/nodes', { metadata: { name: nodeName } }, { to })
  const headers = { 'content-type': 'application/merge-patch+json' }
  const told = await raw('PATCH', `/api/v1/nodes/${nodeName}/status`, { status }, { to, headers })
  if (made.status !== 201 || told.status !== 200) throw new Error(`Cannot register the node: ${made.status}, ${told.status} ${JSON.stringify(told.body)}`)
}

/** From the map of ClusterIP and port to the chain that leads on; chains are named `service-HASH-NAMESPACE/SERVICE/PROTOCOL/PORT`. */
async function portsIn(node: string, family: string, service: string): Promise<readonly string[]> {
  const map = await within(node, 'nft', 'list', 'map', family, 'kube-proxy', 'service-ips')
  const chains = [...map.matchAll(/goto service-[A-Z0-9]+-(\S+)\/tcp\/([^\s,]+)/g)]
  return chains.filter((chain) => chain[1] === service).map((chain) => chain[2] ?? '').sort()
}
