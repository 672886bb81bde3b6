import { isDeepStrictEqual } from 'node:util'
import { serviceKey } from '../model/declared.ts'
import { type Change } from '../model/changes.ts'
import { isOurs, serviceNameLabel } from '../model/marks.ts'
import { type CurrentService, type ManagedObject } from '../model/objects.ts'
import { type WriteResult } from '../model/ports.ts'
import { changedObjects } from './changed-objects.ts'
import { manifestsText } from './manifests-text.ts'
import { digestOf, manifestPath, readManifest } from './read-manifest.ts'
import { removeManifest, writeManifest } from './write-manifest.ts'

export interface Writing {
  readonly folder: string
  readonly instance: string
  /** serviceKey -> digest of the file when it was read: a write on top of somebody else's change is refused. */
  readonly seen: Map<string, string | undefined>
  /** Clears a namespace's folder of half-written files. */
  readonly clear: (namespace: string) => Promise<void>
}

type Failure = NonNullable<WriteResult['failure']>

/** All changes of one service at once, in one file: either all of them are applied or none. */
export async function writeChanges(writing: Writing, changes: readonly Change[]): Promise<WriteResult> {
  const [change] = changes
  if (change === undefined) return { applied: [] }
  const service = serviceOf(changes)
  try {
    const before = await objectsToChange(writing, service, changes, change)
    if ('failure' in before) return { applied: [], failure: before.failure }
    const after = changedObjects(before.objects, changes)
    if ('failure' in after) return { applied: [], failure: after.failure }
    await replaceFile(writing, service, after.objects)
    return { applied: changes }
  } catch (error) {
    const { code, message, syscall } = error as NodeJS.ErrnoException
    // Not the system's but our own: a bug.
    if (code === undefined || syscall === undefined) throw error
    return { applied: [], failure: { change, kind: lasting.has(code) ? 'final' : 'failed', message } }
  }
}

// No next pass mends these by itself; a full disk or too many open files may pass.
const lasting = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG', 'ELOOP'])

/** What the file holds now, if it is as it was read and wholly ours. */
async function objectsToChange(
  { folder, instance, seen }: Writing, { namespace, name }: Home, changes: readonly Change[], change: Change,
): Promise<{ readonly objects: readonly ManagedObject[] } | { readonly failure: Failure }> {
  const path = manifestPath(folder, namespace, name)
  const { current, digest } = await readManifest(folder, namespace, name)
  const known = seen.get(serviceKey({ namespace, name }))
  if (current.unreadable !== undefined) return { failure: { change, kind: 'final', message: current.unreadable } }
  if (digest !== known) {
    return { failure: known === undefined ? { change, kind: 'exists', message: `${path} has appeared since it was read` }
      : { change, kind: 'stale', message: `${path} was changed since it was read` } }
  }
  const objects = objectsOf(current)
  const foreign = objects.find((object) => !isOurs(object, instance))
  if (foreign !== undefined) return { failure: { change, kind: 'final', message: `${path} is not wholly ours: ${foreign.kind} ${foreign.metadata.name}` } }
  const other = plannedOnAnother(changes, objects)
  return other === undefined ? { objects } : { failure: { change: other, kind: 'stale', message: `${path} was changed since it was read` } }
}

/** The first change of an object that is not as it was planned on: what is followed may be read again between plan and write. */
function plannedOnAnother(changes: readonly Change[], objects: readonly ManagedObject[]): Change | undefined {
  const checked = new Set<string>()
  return changes.find((change) => {
    const { kind, metadata: { name } } = change.verb === 'create' ? change.desired : change.current
    const isFirst = !checked.has(`${kind}/${name}`)
    checked.add(`${kind}/${name}`)
    const found = objects.find((object) => object.kind === kind && object.metadata.name === name)
    return isFirst && change.verb !== 'create' && found !== undefined && !isDeepStrictEqual(found, change.current)
  })
}

async function replaceFile({ folder, seen, clear }: Writing, { namespace, name }: Home, objects: readonly ManagedObject[]): Promise<void> {
  await clear(namespace)
  if (objects.length === 0) {
    await removeManifest(folder, namespace, name)
    seen.delete(serviceKey({ namespace, name }))
    return
  }
  const text = manifestsText(objects)
  await writeManifest(folder, namespace, name, text)
  seen.set(serviceKey({ namespace, name }), digestOf(text))
}

interface Home {
  readonly namespace: string
  readonly name: string
}

/** All changes of one write are of one service; a slice says whose it is by its label. */
export function serviceOf(changes: readonly Change[]): Home {
  for (const change of changes) {
    const { kind, metadata } = change.verb === 'create' ? change.desired : change.current
    const name = kind === 'EndpointSlice' ? metadata.labels?.[serviceNameLabel] : metadata.name
    if (name !== undefined) return { namespace: metadata.namespace, name }
  }
  throw new Error('Changes of no service: nothing but slices without the label that names it')
}

export function objectsOf({ service, slices, endpoints }: CurrentService): readonly ManagedObject[] {
  return [service, ...slices, endpoints].filter((object) => object !== undefined)
}
