import { type Outside } from './outside-world.ts'

const services = {
  'orders-db': ({ databasePort }: Outside) => `
  - name: orders-db
    ports: [{ name: postgres, port: 5432, targetPort: ${databasePort} }]
    targets: [{ host: orders-db.example.com, family: IPv4 }]`,
  'rates-api': ({ apiPort }: Outside) => `
  - name: rates-api
    ports: [{ name: http, port: 80, targetPort: ${apiPort} }]
    targets: [{ host: rates.example.com, family: IPv4 }]
    healthCheck: { http: { path: /healthz }, periodSeconds: 2 }`,
  'reports-db': ({ databasePort }: Outside) => `
  - name: reports-db
    ports: [{ name: postgres, port: 5432, targetPort: ${databasePort} }]
    targets: [{ address: 127.0.0.12 }]`,
} as const

/** A config for `run` in a hurry: probes each second and believes a TTL of one. Who has time leaves the defaults. */
export function liveConfig(outside: Outside, names: readonly (keyof typeof services)[]): string {
  return `instance: demo
guard: { permitLoopback: true }
resolver: { nameservers: ['${outside.dns.address}'], timeoutSeconds: 1, minTTLSeconds: 1 }
defaults: { namespace: shop, healthCheck: { tcp: {}, periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 2 } }
services:${names.map((name) => services[name](outside)).join('')}
`
}
