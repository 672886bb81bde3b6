// A small world in network namespaces, joined by veth pairs; nothing leaves the machine:
//
//   root (API server, registrar) --- node (kube-proxy) --- pod (clients)
//                                         |------ outside hosts, one namespace each
//
// Packets of the pod to an outside host, and of root's probes, go through the node.
import { startTied } from '../harness/tied-process.ts'
import { ip, within } from './ip.ts'

export interface OutsideHost {
  readonly name: string
  readonly namespace: string
  readonly ipv4: string
  readonly ipv6: string
  /** From now on nothing answers at its addresses, not even with a refusal. */
  silence(): Promise<void>
}

export interface Network {
  /** Root's address on the way to the node. */
  readonly root: string
  readonly node: { readonly namespace: string; readonly ipv4: string; readonly ipv6: string }
  readonly pod: { readonly namespace: string; readonly ipv4: string; readonly ipv6: string }
  addHost(): Promise<OutsideHost>
  /** Ends every process that runs in these namespaces and removes them. */
  stop(): Promise<void>
}

export const podRanges = '10.244.0.0/16,fd00:244::/56'

export type NetworkAnswer = { readonly number: number } | { readonly error: string }

export function prefixOf(number: number): string {
  return `registrar-${number}-`
}

export function nodeOf(number: number): string {
  return `${prefixOf(number)}node`
}

/** Makes the namespaces. They do not outlive this process, however that ends. Needs root, iproute2. */
export async function startNetwork(): Promise<Network> {
  const owner = startTied(new URL('network-process.ts', import.meta.url), {})
  try {
    const answer = JSON.parse(await owner.answer) as NetworkAnswer
    if ('error' in answer) throw new Error(answer.error)
    return { ...await build(answer.number), stop: () => owner.stop() }
  } catch (error) {
    await owner.stop()
    throw error
  }
}

async function build(number: number): Promise<Omit<Network, 'stop'>> {
  const node = { namespace: nodeOf(number), ipv4: `10.199.${number}.2`, ipv6: `fd00:199:0:${number}::2` }
  const pod = { namespace: `${prefixOf(number)}pod`, ipv4: '10.244.0.2', ipv6: 'fd00:244::2' }
  const root = `10.199.${number}.1`
  await ip('netns', 'add', pod.namespace)
  await beRouter(node.namespace)
  await joinRoot(number, node)
  await join(node.namespace, pod.namespace, 'pod', { near: ['10.244.0.1/24', 'fd00:244::1/64'], far: [`${pod.ipv4}/24`, `${pod.ipv6}/64`] })
  let hosts = 0
  return { root, node, pod, addHost: () => addHost(number, ++hosts) }
}

async function beRouter(namespace: string): Promise<void> {
  const settings = {
    'ipv4/ip_forward': 1, 'ipv6/conf/all/forwarding': 1,
    // Else a busy client is refused a few times a second and waits the other times: each refusal shall be seen.
    'ipv4/icmp_ratelimit': 0, 'ipv6/icmp/ratelimit': 0,
  }
  await within(namespace, 'sh', '-ec', Object.entries(settings).map(([key, value]) => `echo ${value} > /proc/sys/net/${key}`).join('\n'))
  await ip('-n', namespace, 'link', 'set', 'lo', 'up')
  // To nobody. Without a default route the kernel itself would refuse what kube-proxy does not translate.
  await ip('-n', namespace, 'link', 'add', 'world', 'type', 'veth', 'peer', 'name', 'nobody')
  for (const device of ['world', 'nobody']) await configure(namespace, device, [])
  for (const family of ['-4', '-6']) await ip('-n', namespace, family, 'route', 'add', 'default', 'dev', 'world')
}

async function joinRoot(number: number, node: Network['node']): Promise<void> {
  const device = `registrar-${number}`
  await ip('link', 'add', device, 'type', 'veth', 'peer', 'name', 'root', 'netns', node.namespace)
  await configure(undefined, device, [`10.199.${number}.1/24`, `fd00:199:0:${number}::1/64`])
  await configure(node.namespace, 'root', [`${node.ipv4}/24`, `${node.ipv6}/64`])
  await ip('route', 'add', `198.18.${number}.0/24`, 'via', node.ipv4)
  await ip('route', 'add', `2001:db8:${number}::/48`, 'via', node.ipv6)
}

async function addHost(number: number, index: number): Promise<OutsideHost> {
  const name = `outside-${index}`
  const namespace = `${prefixOf(number)}${name}`
  const [ipv4, ipv6] = [`198.18.${number}.${index * 4 + 2}`, `2001:db8:${number}:${index}::10`]
  await ip('netns', 'add', namespace)
  await join(nodeOf(number), namespace, name, {
    near: [`198.18.${number}.${index * 4 + 1}/30`, `2001:db8:${number}:${index}::1/64`], far: [`${ipv4}/30`, `${ipv6}/64`],
  })
  return { name, namespace, ipv4, ipv6, silence: async () => { await ip('-n', namespace, 'link', 'set', 'eth0', 'down') } }
}

/** A cable from the node to `eth0` of another namespace, which reaches everything else through it. Addresses: IPv4, then IPv6. */
async function join(
  node: string, namespace: string, device: string, addresses: { readonly near: readonly string[]; readonly far: readonly string[] },
): Promise<void> {
  await ip('-n', node, 'link', 'add', device, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace)
  await configure(node, device, addresses.near)
  await configure(namespace, 'eth0', addresses.far)
  for (const gateway of addresses.near) await ip('-n', namespace, 'route', 'add', 'default', 'via', gateway.split('/')[0] ?? '')
}

async function configure(namespace: string | undefined, device: string, addresses: readonly string[]): Promise<void> {
  const where = namespace === undefined ? [] : ['-n', namespace]
  // Without a duplicate check: an IPv6 address that is still being checked cannot be used.
  for (const address of addresses) await ip(...where, 'address', 'add', address, 'dev', device, ...(address.includes(':') ? ['nodad'] : []))
  await ip(...where, 'link', 'set', device, 'up')
}
