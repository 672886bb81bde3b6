// One text for what should stand of a service and one for what does: where they differ the world is not true.

import { type Endpoints, type EndpointSlice, type Service } from '../../src/model/objects.ts'
import { portsOf, truthOf, type WorldService } from './world-service.ts'

export interface Seen {
  service?: Service
  endpoints?: Endpoints
  readonly slices: ReadonlyMap<string, EndpointSlice>
}

export function expectedText(service: WorldService, isAlive: (address: string) => boolean): string {
  const { ready, unready } = truthOf(service, isAlive)
  const ports = portsOf(service)
  const line = (addresses: readonly string[]): string => [...addresses].sort().join(' ')
  return [
    `ports ${ports.map(({ name, port, targetPort }) => `${name}:${port}:${targetPort}`).join(' ')}`,
    ...ports.map(({ name, targetPort }) => `${name}:${targetPort} ready ${line(ready)} unready ${line(unready)}`),
    `endpoints ready ${line(ready)}`,
  ].join('\n')
}

export function serviceText(service: WorldService, { service: live, endpoints, slices }: Seen): string {
  const { metadata, spec } = live ?? {}
  // Somebody else's label on it, or one of ours that is gone, is not as it should be.
  const labels = live === undefined ? 'no Service' : metadata?.labels?.['app.kubernetes.io/managed-by'] === 'endpoint-registrar' ? '' : ' unlabelled'
  const own = [...slices.values()].filter(({ metadata: { ownerReferences } }) => (ownerReferences ?? []).some(({ uid }) => uid === metadata?.uid))
  const addresses = (key: string, isReady: boolean): string => own
    .filter(({ ports }) => (ports ?? []).some(({ name, port }) => `${name ?? ''}:${port ?? 0}` === key))
    .flatMap(({ endpoints: ends }) => (ends ?? []).filter(({ conditions }) => (conditions?.ready !== false) === isReady).flatMap((end) => end.addresses))
    .sort().join(' ')
  const served = (endpoints?.subsets ?? []).flatMap(({ addresses: ends }) => (ends ?? []).map(({ ip }) => ip))
  return [
    `ports ${(spec?.ports ?? []).map(({ name, port, targetPort }) => `${name ?? ''}:${port}:${targetPort ?? ''}`).join(' ')}${labels}`,
    ...portsOf(service).map(({ name, targetPort }) => `${name}:${targetPort} ready ${addresses(`${name}:${targetPort}`, true)} unready ${addresses(`${name}:${targetPort}`, false)}`),
    `endpoints ready ${[...new Set(served)].sort().join(' ')}`,
  ].join('\n')
}
