import { styleText } from 'node:util'
import { type HostEvidence, type ServiceEvidence, type TargetEvidence } from '../controller/check.ts'
import { table } from './table.ts'

/** What DNS and the probes said, service by service. */
export function printEvidence(services: readonly ServiceEvidence[]): string {
  return services.map(({ namespace, name, hosts, targets }) => [
    styleText('bold', `${namespace}/${name}`),
    ...(hosts.length === 0 ? [] : [table(hosts.map(hostRow), ['  HOST', 'TYPE', 'OUTCOME', 'TTL', 'ADDRESSES'])]),
    table(targets.map(targetRow), ['  ADDRESS', 'PORT', 'CHECK', 'OUTCOME', 'LATENCY', 'REASON']),
  ].join('\n')).join('\n\n')
}

function hostRow({ host, family, outcome, addresses, ttlSeconds, reason }: HostEvidence): string[] {
  return [
    `  ${host}`, family === 'IPv4' ? 'A' : 'AAAA', outcome === 'found' ? outcome : styleText('yellow', outcome),
    ttlSeconds === undefined ? '' : `${ttlSeconds}s`, addresses.length > 0 ? addresses.join(' ') : reason ?? '',
  ]
}

function targetRow({ address, port, check, outcome, latencyMs, reason }: TargetEvidence): string[] {
  return [
    `  ${address}`, port?.toString() ?? '', check, styleText(outcome === 'ready' ? 'green' : outcome === 'unprobed' ? 'dim' : 'red', outcome),
    latencyMs === undefined ? '' : `${latencyMs.toFixed(1)}ms`, reason,
  ]
}
