import { type Change } from '../model/changes.ts'
import { type ManagedObject } from '../model/objects.ts'
import { type WriteResult } from '../model/ports.ts'

export type ChangedObjects =
  | { readonly objects: readonly ManagedObject[] }
  | { readonly failure: NonNullable<WriteResult['failure']> }

/** What a file's objects are after the changes, in their order; or the first of them that does not fit what is there. */
export function changedObjects(before: readonly ManagedObject[], changes: readonly Change[]): ChangedObjects {
  const objects = new Map(before.map((object) => [keyOf(object), object]))
  for (const change of changes) {
    const key = keyOf(change.verb === 'delete' ? change.current : change.desired)
    const isThere = objects.has(key)
    if (change.verb === 'create' && isThere) return { failure: { change, kind: 'exists', message: 'It is there already' } }
    if (change.verb !== 'create' && !isThere) return { failure: { change, kind: 'stale', message: 'It is gone' } }
    if (change.verb === 'delete') objects.delete(key)
    else objects.set(key, change.desired)
  }
  return { objects: [...objects.values()] }
}

function keyOf({ kind, metadata }: ManagedObject): string {
  return `${kind}/${metadata.name}`
}
