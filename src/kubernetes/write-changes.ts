import { setTimeout as sleep } from 'node:timers/promises'
import { type Change } from '../model/changes.ts'
import { fieldManager, serviceNameLabel } from '../model/marks.ts'
import { type ManagedObject, type Service } from '../model/objects.ts'
import { type WriteResult } from '../model/ports.ts'
import { whyAborted } from '../model/why-aborted.ts'
import { type Call, type KubernetesClient } from './client.ts'
import { ClusterError, hasStatus } from './cluster-error.ts'
import { tidy } from './list-objects.ts'
import { collectionPath, pathOf } from './resources.ts'

/** The Service was seen up to 0.2 s before slices that were written before it, on a loaded machine. */
const pauseMs = 1000

type Failure = NonNullable<WriteResult['failure']>
type Outcome = { readonly written?: ManagedObject } | Omit<Failure, 'change'>

export interface WriteOptions {
  readonly dryRun: boolean
  /** Of a leader: how many ms a write may take from now on. At 0 none is sent, not even a try that waits for its turn. */
  readonly windowMs?: () => number
  /** Told at once of what the API server stored, and of what it has no more. */
  readonly written?: (object: ManagedObject) => void
  readonly deleted?: (object: ManagedObject) => void
}

/**
 * Writes one service's changes in their order, up to the first that fails. A create never meets what is there, an
 * update and a delete only meet what they were planned on. An abort is such a failure too: what was written is told.
 */
export async function writeChanges(
  client: KubernetesClient,
  changes: readonly Change[],
  options: WriteOptions,
  signal: AbortSignal,
): Promise<WriteResult> {
  const applied: Change[] = []
  const sequence = newSequence()
  for (const change of changes) {
    const outcome = await orAborted(write(client, sequence.prepare(change), options, signal), signal)
    if (!('kind' in outcome)) {
      if (change.verb !== 'delete' && outcome.written !== undefined) sequence.remember(change, outcome.written)
    } else if (!(options.dryRun && meetsDryWrite(change, outcome.kind, applied))) return { applied, failure: { change, ...outcome } }
    applied.push(change)
  }
  return { applied }
}

async function orAborted(writing: Promise<Outcome>, signal: AbortSignal): Promise<Outcome> {
  try {
    return await writing
  } catch (error) {
    if (!signal.aborted) throw error
    return { kind: 'failed', message: whyAborted(signal) }
  }
}

/** Nothing is stored in a dry run: what was deleted just now is still there, and what was created is not. */
function meetsDryWrite(change: Change, kind: Failure['kind'], applied: readonly Change[]): boolean {
  const [expected, before] = change.verb === 'create' ? ['exists', 'delete'] as const : ['stale', 'create'] as const
  return kind === expected && applied.some((each) => each.verb === before && pathOf(objectOf(each)) === pathOf(objectOf(change)))
}

export function objectOf(change: Change): ManagedObject {
  return change.verb === 'delete' ? change.current : change.desired
}

/** What later changes of a sequence must know of earlier ones: the uid of a new Service, the version of what we wrote. */
function newSequence(): { prepare(change: Change): Change; remember(change: Change, written: ManagedObject): void } {
  const createdServices = new Map<string, Service>()
  const versions = new Map<string, string | undefined>()

  const current = <T extends ManagedObject>(object: T): T => {
    const { resourceVersion } = object.metadata
    const now = versions.get(`${pathOf(object)} ${resourceVersion ?? ''}`)
    return now === undefined ? object : { ...object, metadata: { ...object.metadata, resourceVersion: now } }
  }
  const owned = <T extends ManagedObject>(object: T): T => {
    const owner = createdServices.get(ownerPath(object))
    const isOwned = (object.metadata.ownerReferences ?? []).length > 0
    return owner === undefined || isOwned ? object : { ...object, metadata: { ...object.metadata, ownerReferences: [referenceTo(owner)] } }
  }
  return {
    prepare: (change) => change.verb === 'delete'
      ? { ...change, current: current(change.current) }
      : { ...change, desired: owned(current(change.desired)) },
    remember: (change, written) => {
      if (change.verb === 'create' && written.kind === 'Service') createdServices.set(pathOf(written), written)
      if (change.verb !== 'delete') versions.set(`${pathOf(written)} ${change.desired.metadata.resourceVersion ?? ''}`, written.metadata.resourceVersion)
    },
  }
}

/** The path of the Service that a slice or Endpoints belongs to; a Service belongs to none. */
function ownerPath({ kind, metadata }: ManagedObject): string {
  if (kind === 'Service') return ''
  const name = kind === 'Endpoints' ? metadata.name : metadata.labels?.[serviceNameLabel] ?? ''
  return `${collectionPath('Service', metadata.namespace)}/${name}`
}

/** Never blockOwnerDeletion: it needs a right on `services/finalizers`. */
function referenceTo({ metadata }: Service): { apiVersion: string; kind: string; name: string; uid: string; controller: boolean } {
  return { apiVersion: 'v1', kind: 'Service', name: metadata.name, uid: metadata.uid ?? '', controller: true }
}

async function write(client: KubernetesClient, change: Change, options: WriteOptions, signal: AbortSignal): Promise<Outcome> {
  const { dryRun, windowMs } = options
  if (change.verb === 'update' && change.afterPause === true && !dryRun) await sleep(pauseMs, undefined, { signal })
  try {
    const answer = await client.call({ ...callOf(change, dryRun), ...(windowMs !== undefined && { windowMs }) }, signal) as ManagedObject
    if (!dryRun) tellOf(change, answer, options)
    return change.verb === 'delete' ? {} : ignoredWish(change.desired, answer) ?? { written: answer }
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error
    return outcomeOf(change, error, options)
  }
}

function outcomeOf(change: Change, error: ClusterError, { dryRun, deleted }: WriteOptions): Outcome {
  const isGone = change.verb === 'delete' && hasStatus(error, 404)
  if (!isGone) return { kind: failureKind(change.verb, error), message: messageOf(error) }
  // Gone already: deleting a Service takes its Endpoints along.
  if (!dryRun) deleted?.(change.current)
  return {}
}

function tellOf(change: Change, answer: ManagedObject, { written, deleted }: WriteOptions): void {
  // To a delete the answer is a Status, or the object: as it was, or as it stays until its finalizers are through.
  const { finalizers = [] } = answer.metadata as { readonly finalizers?: readonly string[] }
  if (change.verb === 'delete' && finalizers.length === 0) deleted?.(change.current)
  else written?.(tidy(objectOf(change).kind, answer))
}

function callOf(change: Change, dryRun: boolean): Call {
  if (change.verb === 'delete') {
    const { uid, resourceVersion } = change.current.metadata
    // With options in the body the API server does not look at those of the query: `dryRun` there alone would delete.
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid, resourceVersion }, ...(dryRun && { dryRun: ['All'] }) }
    return { method: 'DELETE', path: pathOf(change.current), body }
  }
  const { desired } = change
  const query = { fieldManager, fieldValidation: 'Strict', ...(dryRun && { dryRun: 'All' }) }
  return change.verb === 'create'
    ? { method: 'POST', path: collectionPath(desired.kind, desired.metadata.namespace), query, body: desired }
    : { method: 'PUT', path: pathOf(desired), query, body: desired }
}

/** The API answers 200 to headless -> ClusterIP and changes nothing. */
function ignoredWish(wish: ManagedObject, written: ManagedObject): Omit<Failure, 'change'> | undefined {
  if (wish.kind !== 'Service' || written.kind !== 'Service') return undefined
  const isHeadless = written.spec.clusterIP === 'None'
  if (isHeadless === (wish.spec.clusterIP === 'None')) return undefined
  return { kind: 'final', message: `The API server left the Service ${isHeadless ? 'headless' : 'with a ClusterIP'}: it must be made anew` }
}

function failureKind(verb: Change['verb'], error: ClusterError): Failure['kind'] {
  if (error.status === 409) {
    if (error.reason !== 'AlreadyExists') return 'stale'
    return isBeingDeleted(error) ? 'failed' : 'exists'
  }
  // An update of what is gone wants a new plan; a create meets 404 where its namespace is missing.
  if (error.status === 404) return verb === 'update' ? 'stale' : 'final'
  const isRefused = error.status !== undefined && [400, 403, 422].includes(error.status)
  return isRefused || (error.status === 500 && !error.retryable) ? 'final' : 'failed'
}

function isBeingDeleted(error: ClusterError): boolean {
  return error.message.includes('object is being deleted')
}

function messageOf(error: ClusterError): string {
  return error.causes.includes('NamespaceTerminating') ? `Namespace is terminating: ${error.message}` : error.message
}
