// The Service as it should be: what is there, with our fields changed and nothing else.

import { type DeclaredPort, type DeclaredService } from '../model/declared.ts'
import { adoptedAnnotation, appliedAnnotation, isOurs } from '../model/marks.ts'
import { type Service, type ServicePort, type ServiceSpec } from '../model/objects.ts'
import { strings } from './evidence.ts'
import { annotationsOf, ownMarks, without, type Strings } from '../model/metadata.ts'

export function desiredService(declared: DeclaredService, instance: string, current: Service | undefined): Service {
  const { namespace, name } = declared
  const metadata = current?.metadata ?? { namespace, name }
  const before = readApplied(metadata.annotations)
  const applied = writeApplied(declared)
  const isAdopted = current !== undefined && !isOurs(current, instance)
  return {
    ...(current ?? { apiVersion: 'v1', kind: 'Service' }),
    metadata: {
      ...metadata,
      labels: { ...without(metadata.labels, before.labels), ...declared.labels, ...ownMarks(instance) },
      ...annotationsOf({
        ...without(metadata.annotations, [...before.annotations, appliedAnnotation]),
        ...declared.annotations,
        ...(applied !== undefined && { [appliedAnnotation]: applied }),
        ...(isAdopted && { [adoptedAnnotation]: 'true' }),
      }, metadata.annotations),
    },
    spec: desiredSpec(declared, current?.spec ?? {}),
  }
}

// What a Service of another type has and one of type ClusterIP may not: the API server refuses the change otherwise.
const fieldsOfOtherTypes = [
  'externalName', 'externalTrafficPolicy', 'healthCheckNodePort', 'allocateLoadBalancerNodePorts',
  'loadBalancerIP', 'loadBalancerClass', 'loadBalancerSourceRanges',
]

function desiredSpec(declared: DeclaredService, current: ServiceSpec): ServiceSpec {
  const isOtherType = current.type !== undefined && current.type !== 'ClusterIP'
  const kept = isOtherType ? Object.fromEntries(Object.entries(current).filter(([field]) => !fieldsOfOtherTypes.includes(field))) : current
  return {
    ...kept,
    type: 'ClusterIP',
    ...(declared.type === 'Headless' && { clusterIP: 'None' }),
    ...(declared.ipFamilyPolicy !== undefined && { ipFamilyPolicy: declared.ipFamilyPolicy }),
    // `Local` would drop all traffic: an outside endpoint is on no node.
    ...(current.internalTrafficPolicy === 'Local' && { internalTrafficPolicy: 'Cluster' }),
    ports: declared.ports.map((port) => desiredPort(port, current.ports ?? [])),
  }
}

function desiredPort(declared: DeclaredPort, current: readonly ServicePort[]): ServicePort {
  const same = current.find(({ port, protocol }) => port === declared.port && (protocol ?? 'TCP') === declared.protocol)
  // A node port is nothing that a ClusterIP Service can have.
  const { name: _name, appProtocol: _appProtocol, nodePort: _nodePort, ...kept } = same ?? { port: declared.port }
  return {
    ...kept,
    ...(declared.name !== '' && { name: declared.name }),
    port: declared.port,
    targetPort: declared.targetPort,
    protocol: declared.protocol,
    ...(declared.appProtocol !== undefined && { appProtocol: declared.appProtocol }),
  }
}

/** Which labels and annotations came from the config last time; what was edited by hand into something else counts as none. */
function readApplied(annotations: Strings | null | undefined): { readonly labels: readonly string[]; readonly annotations: readonly string[] } {
  try {
    const parsed = JSON.parse(annotations?.[appliedAnnotation] ?? '{}') as { labels?: unknown; annotations?: unknown }
    return { labels: strings(parsed.labels), annotations: strings(parsed.annotations) }
  } catch {
    return { labels: [], annotations: [] }
  }
}

function writeApplied({ labels, annotations }: DeclaredService): string | undefined {
  const keys = { labels: Object.keys(labels).sort(), annotations: Object.keys(annotations).sort() }
  return keys.labels.length + keys.annotations.length === 0 ? undefined : JSON.stringify(keys)
}
