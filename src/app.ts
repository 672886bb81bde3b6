// The composition root: the only place where adapters are made and joined. What a verb does not need is not loaded.

import { addressPolicy } from './address/address-policy.ts'
import { type World } from './controller/world.ts'
import { type ClientOptions, type KubernetesClient } from './kubernetes/client.ts'
import { type ClusterTargetOptions } from './kubernetes/cluster-target.ts'
import { type Declared } from './model/declared.ts'
import { type ProbeTargets, type RefuseAddress, type ResolveHosts, type Target } from './model/ports.ts'

export interface AppOptions {
  readonly to: { readonly kind: 'cluster' | 'nowhere' } | { readonly kind: 'directory'; readonly path: string }
  readonly kubeconfig?: string
  readonly context?: string
  readonly isProbing: boolean
  readonly allowedCIDRs: readonly string[]
  readonly deniedCIDRs: readonly string[]
  readonly clusterCIDRs: readonly string[]
  readonly namespaces?: readonly string[]
  readonly dryRunOnServer: boolean
}

/** Services written side by side: as many as connections, since each waits for its own writes. */
export const writeConcurrency = 32

/** Joins what one pass needs. The caller closes the target. */
export async function openWorld(declared: Declared, options: AppOptions): Promise<World & { readonly leaseHolder: LeaseHolder }> {
  const { target, leaseHolder } = await openTarget(declared, options)
  const probe = options.isProbing ? await openProbes() : undefined
  return {
    target, leaseHolder,
    resolve: await openResolver(declared),
    addressPolicy: policyOf(declared, options),
    now: () => Date.now(),
    ...(probe !== undefined && { probe }),
  }
}

/** Who else writes this instance's objects now: the holder of its lease. */
export type LeaseHolder = (signal: AbortSignal) => Promise<string | undefined>

export async function openTarget(declared: Declared, options: AppOptions): Promise<{ readonly target: Target; readonly leaseHolder: LeaseHolder }> {
  if (options.to.kind !== 'cluster') {
    const { directoryTarget, emptyTarget } = await import('./directory/directory-target.ts')
    const target = options.to.kind === 'directory' ? directoryTarget(options.to.path, declared.instance) : emptyTarget
    return { target, leaseHolder: () => Promise.resolve(undefined) }
  }
  const [client, { clusterTarget }, { leaseHolder }] = await Promise.all([
    openClient(options, {}), import('./kubernetes/cluster-target.ts'), import('./kubernetes/lease-holder.ts'),
  ])
  return {
    target: clusterTarget(client, targetOptions(options)),
    leaseHolder: (signal) => leaseHolder(client, declared.instance, signal),
  }
}

/** A client of the cluster that the flags name. */
export async function openClient({ kubeconfig, context }: AppOptions, options: ClientOptions): Promise<KubernetesClient> {
  const { kubernetesClient } = await import('./kubernetes/client.ts')
  return kubernetesClient({
    connections: writeConcurrency, ...options,
    ...(kubeconfig !== undefined && { kubeconfig }), ...(context !== undefined && { context }),
  })
}

export function targetOptions({ dryRunOnServer, clusterCIDRs, namespaces }: AppOptions): ClusterTargetOptions {
  return { dryRun: dryRunOnServer, isServiceRangeGiven: clusterCIDRs.length > 0, ...(namespaces !== undefined && { namespaces }) }
}

export async function openResolver(declared: Declared): Promise<ResolveHosts> {
  const { hostResolver } = await import('./resolve/resolve-hosts.ts')
  return hostResolver(declared.resolver, () => Date.now())
}

export async function openProbes(): Promise<ProbeTargets> {
  const { probeTargets } = await import('./probe/probe-targets.ts')
  return probeTargets()
}

/** The process's flags decide what may be reached; the config's guard can only narrow it. A cluster never gets loopback. */
export function policyOf({ guard }: Declared, options: AppOptions): (ownRanges: ReadonlyMap<string, string>) => RefuseAddress {
  return (ownRanges) => addressPolicy({
    allowed: [options.allowedCIDRs, guard.allowedCIDRs],
    denied: [...options.deniedCIDRs, ...guard.deniedCIDRs],
    own: new Map([...ownRanges, ...options.clusterCIDRs.map((range) => [range, 'cluster range'] as const)]),
    permitLoopback: guard.permitLoopback && options.to.kind !== 'cluster',
  })
}

