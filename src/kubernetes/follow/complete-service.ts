import { serviceKey } from '../../model/declared.ts'
import { type KubernetesClient } from '../client.ts'
import { readOneService } from '../read-one-service.ts'
import { type Clock } from './clock.ts'
import { type ServiceName, type Store } from './store.ts'
import { beginReading } from './store-own.ts'

const retryMs = 5000

/** Reads a service whole of which objects had been passed over, again and again until it is known or no longer matters. */
export async function completeService(
  client: KubernetesClient, store: Store, service: ServiceName, { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted && store.incomplete.has(serviceKey(service))) {
    const take = beginReading(store, service, false)
    try {
      take(await readOneService(client, service.namespace, service.name, signal))
    } catch {
      // Why is told by the watches of its namespace, or a list of theirs makes this needless.
      await clock.wait(retryMs, signal).catch(() => undefined)
    }
  }
}
