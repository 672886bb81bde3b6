// The services of the world: what is declared of each, what DNS says of it, and so what is true of it at any moment.

import { type Random } from './random.ts'

export const targetPort = 8080
export const ttlSeconds = 2

export type ServiceKind = 'plain' | 'publishNone' | 'headless' | 'dualStack' | 'fixed' | 'pool' | 'unchecked' | 'twoPorts'

/** One service. What is mutable is the world's truth of this moment. */
export interface WorldService {
  readonly namespace: string
  readonly name: string
  readonly kind: ServiceKind
  /** Undefined where addresses are declared. */
  readonly host: string | undefined
  /** Addresses with servers of their own, IPv4 then IPv6. */
  readonly servers: readonly string[]
  /** An address at which nobody answers, not even with a refusal. */
  readonly hole: string
  /** What DNS says, or the config. */
  members: readonly string[]
  /** When it last had nobody who could serve; Infinity while it has not. In ms of performance.now(). */
  readonly emptyUntil: Record<'IPv4' | 'IPv6', number>
  /** Has a fault, or its detection is not over: until then it need not be true. In ms of performance.now(). */
  busyUntil: number
}

const counts: Readonly<Record<ServiceKind, number>> = {
  plain: 13, publishNone: 5, headless: 2, dualStack: 3, fixed: 3, pool: 2, unchecked: 2, twoPorts: 2,
}

const oneShotCount = 6

/** The declared services: 32 in two namespaces, and some in a third that one-shot passes see to. */
export function newServices(namespaces: Readonly<Record<'main' | 'other' | 'oneShot', string>>): readonly WorldService[] {
  const kinds = Object.entries(counts).flatMap(([kind, count]) => Array.from({ length: count }, () => kind as ServiceKind))
  const oneShot = Array.from({ length: oneShotCount }, () => 'unchecked' as const)
  return [...kinds, ...oneShot].map((kind, index): WorldService => {
    const servers = [
      ...[1, 2, 3, 4, 5, 6].map((last) => `198.18.${index}.${last}`),
      ...(kind === 'dualStack' ? [1, 2, 3].map((last) => `2001:db8:${index}::${last}`) : []),
    ]
    return {
      // Three of the plain ones live where a namespace can be forbidden.
      namespace: index >= kinds.length ? namespaces.oneShot : index < 3 ? namespaces.other : namespaces.main, name: `${kind.toLowerCase()}-${index}`, kind,
      host: kind === 'fixed' || index >= kinds.length ? undefined : `h${index}.outside.example`,
      servers, hole: `198.51.100.${index + 1}`, members: firstMembers(servers, kind), emptyUntil: { IPv4: Infinity, IPv6: Infinity }, busyUntil: 0,
    }
  })
}

export function keyOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`
}

export function isIPv6(address: string): boolean {
  return address.includes(':')
}

function firstMembers(servers: readonly string[], kind: ServiceKind): readonly string[] {
  const [four, six] = [servers.filter((address) => !isIPv6(address)), servers.filter(isIPv6)]
  return [...four.slice(0, kind === 'pool' ? 6 : 3), ...six.slice(0, 2)]
}

/** Other addresses of its servers than it has now, of each family that it has, of which one at least is alive. */
export function otherMembers({ servers, members, kind }: WorldService, random: Random, isAlive: (address: string) => boolean): readonly string[] {
  if (kind === 'pool') return servers
  const now = new Set(members)
  return [servers.filter((address) => !isIPv6(address)), servers.filter(isIPv6)].filter((family) => family.length > 0).flatMap((family) => {
    const fresh = random.shuffled(family.filter((address) => isAlive(address) && !now.has(address)))
    return [...fresh, ...random.shuffled(family.filter((address) => now.has(address)))].slice(0, random.between(2, Math.min(3, family.length - 1)))
  })
}

export interface Truth {
  readonly ready: readonly string[]
  readonly unready: readonly string[]
}

/** RULES 3: who is published ready, of those that DNS or the config names. */
export function truthOf({ kind, members }: WorldService, isAlive: (address: string) => boolean): Truth {
  const alive = members.filter(isAlive)
  if (kind === 'unchecked' || (alive.length === 0 && kind !== 'publishNone')) return { ready: members, unready: [] }
  return { ready: alive, unready: members.filter((address) => !alive.includes(address)) }
}

export function portsOf({ kind }: WorldService): readonly { readonly name: string; readonly port: number; readonly targetPort: number }[] {
  const main = { name: 'main', port: kind === 'headless' ? targetPort : 80, targetPort }
  return kind === 'twoPorts' ? [main, { name: 'side', port: 81, targetPort: 8081 }] : [main]
}

/** As a config declares it. */
export function declarationOf(service: WorldService): Readonly<Record<string, unknown>> {
  const { namespace, name, kind, host, members } = service
  return {
    namespace, name, ports: portsOf(service),
    targets: host === undefined ? members.map((address) => ({ address })) : [{ host, ...(kind === 'pool' && { retainSeconds: 60 }) }],
    ...(kind === 'headless' && { type: 'Headless' }),
    ...(kind === 'publishNone' && { whenAllUnready: 'publishNone' }),
    ...(kind === 'dualStack' && { ipFamilyPolicy: 'PreferDualStack' }),
    ...(kind === 'unchecked' && { healthCheck: { none: {} } }),
  }
}
