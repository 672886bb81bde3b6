import { type NamespaceState } from '../model/ports.ts'
import { type KubernetesClient } from './client.ts'
import { hasStatus } from './cluster-error.ts'

export interface Namespace {
  readonly metadata: { readonly name: string; readonly resourceVersion?: string; readonly deletionTimestamp?: string }
  readonly status?: { readonly phase?: string }
}

/** Asks for one namespace. Rejects with ClusterError. */
export async function namespaceState(client: Pick<KubernetesClient, 'call'>, namespace: string, signal: AbortSignal): Promise<NamespaceState> {
  try {
    const found = await client.call({ method: 'GET', path: `/api/v1/namespaces/${encodeURIComponent(namespace)}` }, signal)
    return stateOf(found as Namespace)
  } catch (error) {
    if (hasStatus(error, 404)) return 'missing'
    // A Role cannot grant its own namespace: a missing or terminating one then shows at the first write.
    if (hasStatus(error, 403)) return 'active'
    throw error
  }
}

export function stateOf({ metadata, status }: Namespace): 'active' | 'terminating' {
  return metadata.deletionTimestamp !== undefined || status?.phase === 'Terminating' ? 'terminating' : 'active'
}
