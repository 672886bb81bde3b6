import { type ManagedObject } from '../../model/objects.ts'

/** Replaces parts of an object by the equal parts of earlier ones: labels, ports and conditions are the same in thousands. */
export type ShareParts = (object: ManagedObject) => void

type Holder = Record<string, unknown>

// What is another in every object would fill it for nothing.
const mostParts = 2000

/** About a quarter of what is kept. The object is changed in place: its parts are as they were parsed, and nobody's yet. */
export function partSharing(): ShareParts {
  const parts = new Map<string, unknown>()
  const share = (holder: unknown, ...fields: readonly string[]): void => {
    const record = holder as Holder
    for (const field of fields.filter((each) => record[each] !== undefined)) {
      const text = JSON.stringify(record[field])
      const found = parts.get(text)
      if (found !== undefined) record[field] = found
      else if (parts.size < mostParts) parts.set(text, record[field])
    }
  }
  return (object) => {
    share(object, 'ports', 'status')
    share(object.metadata, 'namespace', 'creationTimestamp')
    // Those of a slice name its service.
    if (object.kind !== 'EndpointSlice') share(object.metadata, 'labels')
    if (object.kind === 'Service') share(object.spec, 'ports', 'ipFamilies', 'ipFamilyPolicy')
    if (object.kind === 'EndpointSlice') for (const endpoint of object.endpoints ?? []) share(endpoint, 'conditions')
    if (object.kind === 'Endpoints') for (const subset of object.subsets ?? []) share(subset, 'ports')
  }
}
