import { setTimeout as sleep } from 'node:timers/promises'
import { type KubernetesClient } from './client.ts'
import { hasStatus } from './cluster-error.ts'
import { itemsOf } from './items-of.ts'

interface Lease {
  readonly metadata: { readonly namespace: string; readonly name: string; readonly uid: string; readonly resourceVersion: string }
  readonly spec?: { readonly holderIdentity?: string | null; readonly renewTime?: string | null; readonly leaseDurationSeconds?: number | null }
}

export interface LeaseClock {
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly wait: (ms: number, signal: AbortSignal) => Promise<unknown>
}

const machineClock: LeaseClock = { now: () => Date.now(), wait: (ms, signal) => sleep(ms, undefined, { signal }) }
const pollMs = 2000
const longestDurationMs = 60_000

/**
 * Who holds the lease `endpoint-registrar-INSTANCE`, or undefined where no controller is running. A lease that looks
 * expired is watched for its duration first: the holder's clock may be wrong, and so may ours.
 * Rejects with ClusterError where leases may not be read.
 */
export async function leaseHolder(
  client: KubernetesClient,
  instance: string,
  signal: AbortSignal,
  clock: LeaseClock = machineClock,
): Promise<string | undefined> {
  const name = `endpoint-registrar-${instance}`
  const first = (await findLeases(client, name, signal)).filter((lease) => holderOf(lease) !== undefined)
  const fresh = first.find((lease) => isFresh(lease, clock.now()))
  if (fresh !== undefined) return holderOf(fresh)
  // Counted by the pauses: the clock may be put back meanwhile.
  for (let leftMs = Math.max(0, ...first.map(durationMs)); leftMs > 0; leftMs -= pollMs) {
    await clock.wait(Math.min(pollMs, leftMs), signal)
    const renewed = (await findLeases(client, name, signal)).find((lease) => holderOf(lease) !== undefined && !isAmong(lease, first))
    if (renewed !== undefined) return holderOf(renewed)
  }
  return undefined
}

/** Searches the whole cluster, where that is allowed; else where a controller usually keeps its lease. */
async function findLeases(client: KubernetesClient, name: string, signal: AbortSignal): Promise<readonly Lease[]> {
  const query = { fieldSelector: `metadata.name=${name}` }
  const list = async (prefix: string): Promise<readonly Lease[]> => {
    const answer = await client.call({ method: 'GET', path: `/apis/coordination.k8s.io/v1${prefix}/leases`, query }, signal)
    return itemsOf(answer) as readonly Lease[]
  }
  try {
    return await list('')
  } catch (error) {
    if (!hasStatus(error, 403)) throw error
    return await list(`/namespaces/${client.namespace ?? 'default'}`)
  }
}

function holderOf({ spec }: Lease): string | undefined {
  const holder = spec?.holderIdentity ?? ''
  return holder === '' ? undefined : holder
}

function durationMs({ spec }: Lease): number {
  return Math.min((spec?.leaseDurationSeconds ?? 15) * 1000, longestDurationMs)
}

/** Renewed within its duration by our clock; a time from the future proves nothing. */
function isFresh(lease: Lease, now: number): boolean {
  return Math.abs(now - Date.parse(lease.spec?.renewTime ?? '')) <= durationMs(lease)
}

function isAmong(lease: Lease, seen: readonly Lease[]): boolean {
  return seen.some(({ metadata }) => metadata.uid === lease.metadata.uid && metadata.resourceVersion === lease.metadata.resourceVersion)
}
