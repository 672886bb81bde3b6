import { type AddressReport } from '../model/changes.ts'
import { type Published } from './published.ts'

/** What the objects say of each address, for who decides nothing about it. `reason` says why it is as it is. */
export function publishedReports({ endpoints }: Published, reason: string): AddressReport[] {
  return endpoints.map(({ address, family, ports, hosts, ready, verdict }) =>
    ({ address, family, ports, hosts, published: ready ? 'ready' : 'notReady', verdict, reason }))
}
