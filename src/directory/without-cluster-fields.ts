import { type ManagedObject } from '../model/objects.ts'

// What one cluster said of its own copy: in a file it would be wrong in any other.
const clusterFields = new Set([
  'uid', 'resourceVersion', 'generation', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds',
  'managedFields', 'ownerReferences', 'selfLink',
])

/** The object as it can stand in a file. */
export function withoutClusterFields<Kind extends ManagedObject>(object: Kind): Kind {
  const metadata = without(object.metadata, clusterFields)
  return { ...without(object, new Set(['status'])), metadata } as unknown as Kind
}

function without(value: object, fields: ReadonlySet<string>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([field]) => !fields.has(field)))
}
