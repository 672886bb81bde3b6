import { type Change } from '../model/changes.ts'
import { type ManagedObject } from '../model/objects.ts'
import { type RefuseAddress } from '../model/ports.ts'

/**
 * Why a change may not be written, whatever planned it: the API server takes a slice with port 70000, and kube-proxy
 * then stops on every node. Undefined where it may.
 */
export function unsafeChange(change: Change, refuse: RefuseAddress): string | undefined {
  if (change.verb === 'delete') return undefined
  const port = portsOf(change.desired).find((number) => !Number.isInteger(number) || number < 1 || number > 65_535)
  if (port !== undefined) return `port ${port} is not within 1 to 65535`
  for (const address of addressesOf(change.desired)) {
    const reason = refuse(address)
    if (reason !== undefined) return `address ${address}: ${reason}`
  }
  return undefined
}

function portsOf(object: ManagedObject): readonly number[] {
  switch (object.kind) {
    case 'Service': return (object.spec.ports ?? []).flatMap(({ port, targetPort }) => [port, ...(typeof targetPort === 'number' ? [targetPort] : [])])
    case 'EndpointSlice': return (object.ports ?? []).map(({ port }) => port ?? 0)
    case 'Endpoints': return (object.subsets ?? []).flatMap(({ ports }) => (ports ?? []).map(({ port }) => port))
  }
}

function addressesOf(object: ManagedObject): readonly string[] {
  switch (object.kind) {
    case 'Service': return []
    case 'EndpointSlice': return (object.endpoints ?? []).flatMap(({ addresses }) => addresses)
    case 'Endpoints': return (object.subsets ?? []).flatMap(({ addresses, notReadyAddresses }) => [...(addresses ?? []), ...(notReadyAddresses ?? [])].map(({ ip }) => ip))
  }
}
