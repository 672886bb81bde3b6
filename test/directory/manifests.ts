// Objects of one service as `desired` makes them, and a directory of its own for each test.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Change } from '../../src/model/changes.ts'
import { instanceLabel, managedBy, managedByLabel, serviceNameLabel, skipMirrorLabel, sliceManagedBy, sliceManagedByLabel } from '../../src/model/marks.ts'
import { type Endpoints, type EndpointSlice, type ManagedObject, type Service } from '../../src/model/objects.ts'

export const instance = 'shop-platform'
export const signal: AbortSignal = new AbortController().signal
const ours = { [managedByLabel]: managedBy, [instanceLabel]: instance }

export async function inDirectory(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'er-directory-'))
  try {
    await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

export function service(name = 'db', labels: Readonly<Record<string, string>> = ours): Service {
  return {
    apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'shop', labels },
    spec: { type: 'ClusterIP', ports: [{ name: 'pg', port: 5432, targetPort: 6432, protocol: 'TCP' }] },
  }
}

export function slice(name = 'db', addresses: readonly string[] = ['192.0.2.10', '192.0.2.11'], labels: Readonly<Record<string, string>> = ours): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4',
    metadata: { name: `${name}-ipv4`, namespace: 'shop', labels: { ...labels, [serviceNameLabel]: name, [sliceManagedByLabel]: sliceManagedBy } },
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true, serving: true, terminating: false } })),
    ports: [{ name: 'pg', port: 6432, protocol: 'TCP' }],
  }
}

export function endpoints(name = 'db', addresses: readonly string[] = ['192.0.2.10', '192.0.2.11']): Endpoints {
  return {
    apiVersion: 'v1', kind: 'Endpoints', metadata: { name, namespace: 'shop', labels: { ...ours, [skipMirrorLabel]: 'true' } },
    subsets: [{ addresses: addresses.map((ip) => ({ ip })), ports: [{ name: 'pg', port: 6432, protocol: 'TCP' }] }],
  }
}

export function allOf(name = 'db'): readonly [Service, EndpointSlice, Endpoints] {
  return [service(name), slice(name), endpoints(name)]
}

export function creates(objects: readonly ManagedObject[]): readonly Change[] {
  return objects.map((desired) => ({ verb: 'create', desired, summary: [] }))
}

export function deletes(objects: readonly ManagedObject[]): readonly Change[] {
  return objects.map((current) => ({ verb: 'delete', current, summary: [] }))
}

export function update(current: ManagedObject, desired: ManagedObject): Change {
  return { verb: 'update', current, desired, summary: [] }
}
