import { serviceKey } from '../../model/declared.ts'
import { type Service } from '../../model/objects.ts'
import { clusterIPsOf } from '../cluster-ips-of.ts'

/** The ClusterIPs of all Services that were seen, kept or not. */
export interface OwnAddresses {
  /** address -> what it is. */
  readonly ranges: ReadonlyMap<string, string>
  note(service: Service): void
  forget(service: Service): void
  /** Forgets what `isStill` denies. */
  retain(isStill: (address: string, namespace: string) => boolean): void
}

const whose = 'ClusterIP of '

export function ownAddresses(): OwnAddresses {
  const ranges = new Map<string, string>()
  return {
    ranges,
    note: (service) => {
      const what = whatOf(service)
      for (const address of clusterIPsOf(service)) ranges.set(address, what)
    },
    forget: (service) => {
      const what = whatOf(service)
      // Another Service may have been given the address since.
      for (const address of clusterIPsOf(service)) if (ranges.get(address) === what) ranges.delete(address)
    },
    retain: (isStill) => {
      for (const [address, what] of ranges) if (!isStill(address, namespaceOf(what))) ranges.delete(address)
    },
  }
}

function whatOf({ metadata }: Service): string {
  return whose + serviceKey(metadata)
}

function namespaceOf(what: string): string {
  return what.slice(whose.length, what.indexOf('/', whose.length))
}
