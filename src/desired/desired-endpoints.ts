// The legacy Endpoints object: what `kubectl get endpoints` and consumers of before EndpointSlices read.

import { type Publish } from '../model/declared.ts'
import { evidenceAnnotation, overCapacityAnnotation, skipMirrorLabel } from '../model/marks.ts'
import { type Endpoints, type EndpointSubset } from '../model/objects.ts'
import { ownersOf, slicePorts, type DesiredEndpoint, type SliceContext } from './desired-slice.ts'
import { writeEvidence } from './evidence.ts'
import { annotationsOf, ownMarks, without } from '../model/metadata.ts'
import { earliest, portsKey } from './published.ts'

export const maxEndpointsAddresses = 1000

/** Addresses beyond the 1,000 that the mirroring controller and the documentation allow are left out, unready ones first. */
export function desiredEndpoints(
  all: readonly DesiredEndpoint[],
  publish: Publish,
  context: SliceContext,
  current: Endpoints | undefined,
): Endpoints {
  const { namespace, name } = context.service
  const metadata = current?.metadata ?? { namespace, name }
  const endpoints = [...all].sort((a, b) => Number(b.ready) - Number(a.ready)).slice(0, maxEndpointsAddresses)
  // Beside slices of ours the mirroring controller must stay away, and the slices remember; alone, this object must do both.
  const isAlone = publish === 'endpoints'
  const evidence = isAlone ? writeEvidence(endpoints, earliest(Object.values(context.staleSince).map((staleSince) => ({ staleSince })))) : undefined
  return {
    ...(current ?? { apiVersion: 'v1', kind: 'Endpoints' }),
    metadata: {
      ...metadata,
      labels: { ...without(metadata.labels, [skipMirrorLabel]), ...ownMarks(context.instance), ...(!isAlone && { [skipMirrorLabel]: 'true' }) },
      ...annotationsOf({
        ...without(metadata.annotations, [evidenceAnnotation, overCapacityAnnotation]),
        ...(evidence !== undefined && { [evidenceAnnotation]: evidence }),
        ...(endpoints.length < all.length && { [overCapacityAnnotation]: 'truncated' }),
      }, metadata.annotations),
      ...ownersOf(metadata.ownerReferences, context),
    },
    subsets: subsetsOf(endpoints, context),
  }
}

function subsetsOf(endpoints: readonly DesiredEndpoint[], context: SliceContext): EndpointSubset[] {
  return [...Map.groupBy(endpoints, ({ ports }) => portsKey(ports)).values()].map((group) => {
    const addressesOf = (isReady: boolean): { ip: string }[] =>
      group.filter(({ ready }) => ready === isReady).map(({ address }) => ({ ip: address })).sort((a, b) => (a.ip < b.ip ? -1 : 1))
    const [addresses, notReadyAddresses] = [addressesOf(true), addressesOf(false)]
    return {
      ...(addresses.length > 0 && { addresses }),
      ...(notReadyAddresses.length > 0 && { notReadyAddresses }),
      ports: slicePorts(context.service.ports, group[0]?.ports ?? {}).map(({ name, port, ...rest }) => ({
        ...(name !== undefined && name !== '' && { name }), port: port ?? 0, ...rest,
      })),
    }
  })
}
