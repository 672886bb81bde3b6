import { type Family } from '../../src/model/declared.ts'
import { type CurrentService } from '../../src/model/objects.ts'

/** The ports of the Service for which kube-proxy would find no ready endpoint: it matches by name and protocol. */
export function unservedPorts({ service, slices }: CurrentService, family: Family = 'IPv4'): string[] {
  const served = new Set(slices.filter(({ addressType, metadata }) => addressType === family && metadata.deletionTimestamp === undefined)
    .filter(({ endpoints }) => (endpoints ?? []).some(({ conditions }) => conditions?.ready ?? true))
    .flatMap(({ ports }) => (ports ?? []).map(({ name, protocol }) => `${name ?? ''}/${protocol ?? 'TCP'}`)))
  return (service?.spec.ports ?? []).map(({ name, protocol }) => `${name ?? ''}/${protocol ?? 'TCP'}`).filter((port) => !served.has(port))
}
