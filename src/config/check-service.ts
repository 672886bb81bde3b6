import { checkHealth, warnOfHealth } from './check-health.ts'
import { checkMetadata } from './check-metadata.ts'
import { checkPorts, type PortEntry } from './check-ports.ts'
import { checkTargets, warnOfTargets, type TargetEntry } from './check-targets.ts'
import { type Entry, entriesOf, fieldsOf, type Found, isMapping } from './found.ts'

export type ServiceEntry = Entry<'name' | 'namespace' | 'type' | 'labels' | 'annotations' | 'ports' | 'targets' | 'healthCheck'>

export interface CheckedService {
  readonly faults: readonly Found[]
  readonly warnings: readonly Found[]
  readonly targets: readonly TargetEntry[]
}

/**
 * What the schema cannot see: rules between fields, and rules for keys.
 * Reads the data as it was written, so that a fault of one field hides none of another.
 */
export function checkService({ path, value: service }: ServiceEntry, defaults: unknown): CheckedService {
  const ports: readonly PortEntry[] = entriesOf(service.ports, [...path, 'ports'])
  const targets: readonly TargetEntry[] = entriesOf(service.targets, [...path, 'targets'])
  const inherited = fieldsOf<'namespace' | 'healthCheck'>(defaults)
  const healthPath = [...path, 'healthCheck']
  const faults = [
    ...checkMetadata('label', service.labels, [...path, 'labels']),
    ...checkMetadata('annotation', service.annotations, [...path, 'annotations']),
    ...checkPorts(ports, service.type),
    ...checkTargets(targets, ports, service.type),
    ...checkHealth(service.healthCheck, inherited.healthCheck, ports, healthPath),
  ]
  if (service.name === 'kubernetes' && namespaceOf(service, defaults) === 'default') {
    faults.push({ path: [...path, 'name'], message: 'Cannot use name kubernetes in namespace default: that Service is the API server' })
  }
  const numbers = targets.flatMap(({ value }) => isMapping(value.ports) ? Object.values(value.ports) : [])
  return { faults, targets, warnings: [...warnOfTargets(targets), ...warnOfHealth(service.healthCheck, ports, numbers, healthPath)] }
}

/** The namespace that a service will be in, as far as the data says. */
export function namespaceOf(service: ServiceEntry['value'], defaults: unknown): unknown {
  return service.namespace ?? fieldsOf<'namespace'>(defaults).namespace ?? 'default'
}
