// Everything that happened to the Services and slices of a namespace, in the API server's own order: what kube-proxy could see.

import { type EndpointSlice, type Service } from '../../../src/model/objects.ts'
import { raw } from '../harness/raw.ts'
import { collectionOf } from './stage.ts'

type Watched = Service | EndpointSlice
interface Event { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: Watched }
interface Start { readonly kind: 'Service' | 'EndpointSlice'; readonly resourceVersion: string; readonly items: readonly Watched[] }

export interface History { readonly namespace: string; readonly starts: readonly Start[] }

/** One moment: after one write of anybody's. */
export interface Moment {
  /** Which write made it: `MODIFIED EndpointSlice db-ipv4-1`. */
  readonly after: string
  readonly services: ReadonlyMap<string, Service>
  readonly slices: ReadonlyMap<string, EndpointSlice>
}

/** Remembers what is there now. */
export async function beginHistory(namespace: string): Promise<History> {
  const starts: Start[] = []
  for (const kind of ['Service', 'EndpointSlice'] as const) {
    const { body } = await raw('GET', collectionOf(kind, namespace))
    const { metadata, items } = body as { metadata: { resourceVersion: string }; items: Watched[] }
    starts.push({ kind, resourceVersion: metadata.resourceVersion, items })
  }
  return { namespace, starts }
}

/** Every moment since: the server replays its log, so that nothing is missed and nothing depends on when we looked. */
export async function momentsSince({ namespace, starts }: History): Promise<readonly Moment[]> {
  const events = (await Promise.all(starts.map((start) => replay(namespace, start)))).flat()
    .sort((a, b) => versionOf(a) - versionOf(b))
  const services = new Map<string, Service>()
  const slices = new Map<string, EndpointSlice>()
  for (const { kind, items } of starts) for (const item of items) put({ ...item, kind } as Watched)
  const moment = (after: string): Moment => ({ after, services: new Map(services), slices: new Map(slices) })
  const moments = [moment('the beginning')]
  for (const { type, object } of events) {
    if (type === 'DELETED') (object.kind === 'Service' ? services : slices).delete(object.metadata.name)
    else put(object)
    moments.push(moment(`${type} ${object.kind} ${object.metadata.name}`))
  }
  return moments

  function put(object: Watched): void {
    if (object.kind === 'Service') services.set(object.metadata.name, object)
    else slices.set(object.metadata.name, object)
  }
}

async function replay(namespace: string, { kind, resourceVersion }: Start): Promise<readonly Event[]> {
  const { body } = await raw('GET', `${collectionOf(kind, namespace)}?watch=1&timeoutSeconds=1&resourceVersion=${resourceVersion}`)
  if (typeof body !== 'string') return [body as Event]
  return body.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Event)
}

/** Comparable across kinds: all of them are of one store. */
function versionOf({ object }: Event): number {
  return Number(object.metadata.resourceVersion)
}

/** Each moment in which the Service stands and one of its ports leads nowhere, as kube-proxy matches them: by name and protocol. */
export function gaps(moments: readonly Moment[], name: string): readonly string[] {
  return moments.flatMap(({ after, services, slices }) => {
    const serving = [...slices.values()].filter(({ metadata, endpoints }) => metadata.labels?.['kubernetes.io/service-name'] === name
      && (endpoints ?? []).some(({ conditions }) => conditions?.ready !== false))
    const keys = new Set(serving.flatMap(({ ports }) => (ports ?? []).map((port) => `${port.name ?? ''}/${port.protocol ?? 'TCP'}`)))
    return (services.get(name)?.spec.ports ?? []).map((port) => `${port.name ?? ''}/${port.protocol ?? 'TCP'}`)
      .filter((key) => !keys.has(key)).map((key) => `port ${key} leads nowhere after ${after}`)
  })
}
