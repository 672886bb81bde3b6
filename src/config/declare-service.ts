import { parseAddress } from '../address/parse-address.ts'
import { type DeclaredPort, type DeclaredService, type DeclaredTarget, type Family } from '../model/declared.ts'
import { declareHealthCheck } from './health-check.ts'
import { canonicalHost } from './name-rules.ts'
import { type DocumentInput, type PortInput, type ServiceInput, type TargetInput } from './schema.ts'

export type Defaults = NonNullable<DocumentInput['defaults']>

const bothFamilies: readonly Family[] = ['IPv4', 'IPv6']

/** The canonical form of a service that the schema and every check let pass. */
export function declareService(service: ServiceInput, defaults: Defaults, source: string): DeclaredService {
  const ports = service.ports.map(declarePort)
  const targets = service.targets.map(declareTarget)
  return {
    namespace: service.namespace ?? defaults.namespace ?? 'default',
    name: service.name,
    source,
    type: service.type,
    labels: service.labels,
    annotations: service.annotations,
    ...(service.ipFamilyPolicy === undefined ? {} : { ipFamilyPolicy: service.ipFamilyPolicy }),
    ports,
    targets,
    healthCheck: declareHealthCheck(service.healthCheck, defaults.healthCheck, ports, targets),
    whenAllUnready: service.whenAllUnready,
    panicThresholdPercent: service.panicThresholdPercent,
    adopt: service.adopt,
    paused: service.paused,
  }
}

function declarePort({ name = '', port, targetPort = port, protocol, appProtocol }: PortInput): DeclaredPort {
  return { name, port, targetPort, protocol, ...(appProtocol === undefined ? {} : { appProtocol }) }
}

function declareTarget({ host, address, family, ports, drain, retainSeconds }: TargetInput): DeclaredTarget {
  const retained = retainSeconds === undefined ? {} : { retainSeconds }
  if (host !== undefined) return { host: canonicalHost(host), families: family === 'any' ? bothFamilies : [family], ports, drain, ...retained }
  const parsed = parseAddress(address ?? '')
  if (typeof parsed === 'string') throw new Error(`Not an address: ${address ?? ''}: ${parsed}`)
  return { address: parsed.text, families: [parsed.family], ports, drain }
}
