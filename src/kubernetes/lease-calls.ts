import { type Call, type KubernetesClient } from './client.ts'
import { ClusterError, hasStatus } from './cluster-error.ts'
import { type Lease } from './lease-record.ts'

/** One lease in the API. Every call ends within its window (ms) and rejects with ClusterError, or with the signal's reason. */
export interface LeaseCalls {
  /** The lease as it is; without a resourceVersion where there is none. */
  read(windowMs: () => number, signal: AbortSignal): Promise<Lease>
  /** What was stored, or undefined where the lease has changed since it was read, or is gone: the race is lost. */
  write(lease: Lease, windowMs: () => number, signal: AbortSignal): Promise<Lease | undefined>
}

export function leaseCalls(client: Pick<KubernetesClient, 'call'>, namespace: string, name: string): LeaseCalls {
  const collection = `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/leases`
  const path = `${collection}/${encodeURIComponent(name)}`
  const call = async <Otherwise>(call: Call, signal: AbortSignal, statuses: readonly number[], otherwise: Otherwise): Promise<Lease | Otherwise> => {
    try {
      return leaseOf(await client.call(call, signal))
    } catch (error) {
      if (!hasStatus(error, ...statuses)) throw error
      return otherwise
    }
  }
  return {
    read: (windowMs, signal) => call<Lease>({ method: 'GET', path, windowMs }, signal, [404], { metadata: { namespace, name } }),
    write: (lease, windowMs, signal) => lease.metadata.resourceVersion === undefined
      // 404: its namespace is not there.
      ? call({ method: 'POST', path: collection, body: lease, windowMs }, signal, [409], undefined)
      : call({ method: 'PUT', path, body: lease, windowMs }, signal, [404, 409], undefined),
  }
}

/** What answers for the API server now and then (a gateway under maintenance) must not end the process. */
function leaseOf(answer: unknown): Lease {
  const { metadata } = (answer ?? {}) as { readonly metadata?: unknown }
  if (typeof metadata === 'object' && metadata !== null) return answer as Lease
  throw new ClusterError('The answer is no lease, so this is no API server', { reason: 'NotALease', retryable: false })
}
