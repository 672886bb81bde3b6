// A declared service in one line: what a test does not say is as the config's defaults would have it.

import { type Declared, type DeclaredPort, type DeclaredService, type DeclaredTarget, type Family, type HealthCheck } from '../../src/model/declared.ts'

const both: readonly Family[] = ['IPv4', 'IPv6']

export function tcpCheck(port: string): HealthCheck {
  return { kind: 'tcp', port, periodSeconds: 10, timeoutSeconds: 2, successThreshold: 1, failureThreshold: 3, transitionPeriodSeconds: 1 }
}

export const noCheck: HealthCheck = { kind: 'none', periodSeconds: 10, timeoutSeconds: 2, successThreshold: 1, failureThreshold: 3, transitionPeriodSeconds: 1 }

export function port(name: string, number: number, targetPort = number): DeclaredPort {
  return { name, port: number, targetPort, protocol: 'TCP' }
}

export function host(name: string, changes: Partial<DeclaredTarget> = {}): DeclaredTarget {
  return { host: name, families: both, ports: {}, drain: false, ...changes }
}

export function address(text: string, changes: Partial<DeclaredTarget> = {}): DeclaredTarget {
  return { address: text, families: [text.includes(':') ? 'IPv6' : 'IPv4'], ports: {}, drain: false, ...changes }
}

/** shop/db with one port, checked by TCP. */
export function declaredService(changes: Partial<DeclaredService> = {}): DeclaredService {
  const ports = changes.ports ?? [port('pg', 5432)]
  const [first] = ports.filter(({ protocol }) => protocol === 'TCP')
  return {
    namespace: 'shop', name: 'db', source: 'registrar.yaml:1:1', type: 'ClusterIP', labels: {}, annotations: {},
    ports, targets: [], healthCheck: first === undefined ? noCheck : tcpCheck(first.name),
    whenAllUnready: 'publishAll', panicThresholdPercent: 0, adopt: false, paused: false,
    ...changes,
  }
}

export function declaredConfig(services: readonly DeclaredService[], changes: Partial<Declared> = {}): Declared {
  return {
    instance: 'shop-platform', publish: 'both', services, warnings: [],
    guard: { maxDeletePercent: 30, permitLoopback: false, allowedCIDRs: [], deniedCIDRs: [] },
    resolver: { nameservers: [], timeoutSeconds: 2, minTTLSeconds: 5, maxTTLSeconds: 3600, maxStaleSeconds: 86_400, whenStaleExpires: 'keep', absentConfirmations: 3, retainSeconds: 0, maxAddresses: 1000 },
    schedule: '*/10 * * * *', writeDebounceMs: 50,
    ...changes,
  }
}
