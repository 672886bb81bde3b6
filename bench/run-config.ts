// The config of the benches of `run`: services with three targets each, one by a name that several share, two by address.
import { liveAddress, swallowingAddress } from './own-network.ts'

export interface RunConfig {
  readonly services: number
  readonly hosts: number
  /** The third target of so many services swallows every packet. */
  readonly swallowing: number
  readonly dns: string
  readonly port: number
  readonly healthCheck: Readonly<Record<string, unknown>>
}

export const namespace = 'bench'

export function serviceName(number: number): string {
  return `svc-${String(number).padStart(5, '0')}`
}

export function hostName(number: number): string {
  return `host-${String(number).padStart(4, '0')}.example.com`
}

/** Where a host is; it has two places and moves between them. */
export function hostAddress(number: number, place: 0 | 1): string {
  return liveAddress(40_000 + number * 2 + place)
}

/** The first of a service's targets by address. */
export function ownAddress(service: number): string {
  return liveAddress(service * 2)
}

export function runConfigText(config: RunConfig): string {
  const { services, dns, healthCheck } = config
  const head = {
    instance: 'bench', resolver: { nameservers: [dns], minTTLSeconds: 5 },
    defaults: { namespace, healthCheck },
  }
  const lines = Array.from({ length: services }, (_, number) => `  - ${JSON.stringify(serviceOf(number, config))}\n`)
  return `${Object.entries(head).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`).join('')}services:\n${lines.join('')}`
}

function serviceOf(number: number, { hosts, swallowing, port }: RunConfig): Readonly<Record<string, unknown>> {
  return {
    name: serviceName(number),
    ports: [{ name: 'main', port: 80, targetPort: port }],
    targets: [
      { host: hostName(number % hosts) },
      { address: ownAddress(number) },
      { address: number < swallowing ? swallowingAddress(number) : liveAddress(number * 2 + 1) },
    ],
  }
}
