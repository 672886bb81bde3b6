import { serviceNameLabel } from '../model/marks.ts'
import { type EndpointSlice } from '../model/objects.ts'

/** A slice that lost the label serves nobody; its owner tells whose it was, so that one of ours is put right. */
export function serviceNameOf({ metadata }: Pick<EndpointSlice, 'metadata'>): string {
  const owner = metadata.ownerReferences?.find(({ kind }) => kind === 'Service')
  return metadata.labels?.[serviceNameLabel] ?? owner?.name ?? metadata.name
}
