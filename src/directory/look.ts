// Looking at a directory that is followed: at everything, or at what the system says has changed.

import { serviceKey } from '../model/declared.ts'
import { type CurrentService } from '../model/objects.ts'
import { type NamespaceState, type Scope, TargetUnreachable } from '../model/ports.ts'
import { type KnownFiles } from './known-files.ts'
import { readManifest, type ManifestFile } from './read-manifest.ts'
import { namespacesIn, readManifests } from './read-manifests.ts'
import { type FolderWatch } from './watch-folders.ts'

export type ServiceName = Pick<CurrentService, 'namespace' | 'name'>

/** What is to be looked at. */
export interface Dirty {
  isAll: boolean
  readonly namespaces: Set<string>
  /** By key. */
  readonly files: Map<string, ServiceName>
}

/** What is known of a directory, and what has changed in it since that was told. */
export interface Knowledge {
  readonly folder: string
  readonly files: KnownFiles
  readonly watch: FolderWatch
  readonly namespaces: Map<string, NamespaceState>
  /** Namespaces whose folder cannot be read, and why. */
  readonly faults: Map<string, string>
  /** Services that are being written. */
  readonly inFlight: Set<string>
  /** Those, and what was written since the look under way began: what it read of them is out of date. */
  touched: Set<string>
  readonly news: Set<string>
  /** Declared since the last look at everything. */
  unread: Set<string>
  /** Told of each file that is read. */
  readonly noted: (file: ManifestFile) => void
  scope: Scope
  /** The folder is there and watched. */
  isAttached: boolean
}

export function nothingDirty(): Dirty {
  return { isAll: false, namespaces: new Set(), files: new Map() }
}

/** Rejects with TargetUnreachable where the directory cannot be listed or watched, or with the signal's reason. */
export async function look(knowledge: Knowledge, dirty: Dirty, signal: AbortSignal): Promise<void> {
  const { folder, watch, scope } = knowledge
  const unread = [...knowledge.unread]
  knowledge.touched = new Set(knowledge.inFlight)
  // Before it is listed: a folder that is made between would be missed.
  const before = await watch.attach([...knowledge.namespaces.keys()])
  const namespaces = await namespacesIn(folder, scope)
  const { isAttached, isNew, newNamespaces, fault } = await watch.attach(namespaces)
  knowledge.isAttached = isAttached
  const isAll = dirty.isAll || before.isNew || isNew
  const dirtyNamespaces = new Set([...dirty.namespaces, ...before.newNamespaces, ...newNamespaces])
  const toLookIn = isAll ? namespaces : namespaces.filter((namespace) => dirtyNamespaces.has(namespace))
  for (const namespace of toLookIn) await lookIn(knowledge, namespace, signal)
  for (const service of dirty.files.values()) if (!toLookIn.includes(service.namespace)) await lookAt(knowledge, service)
  forgetOthers(knowledge, namespaces)
  if (isAll) nowRead(knowledge, unread)
  if (fault !== undefined) throw new TargetUnreachable(`Cannot watch directory ${folder}: ${fault.code ?? fault.message}`, { cause: fault })
}

function take({ files, scope, news, noted }: Knowledge, file: ManifestFile): void {
  noted(file)
  if (files.put(file, scope)) news.add(serviceKey(file.current))
}

function nowRead({ unread, news }: Knowledge, keys: readonly string[]): void {
  for (const key of keys) {
    unread.delete(key)
    news.add(key)
  }
}

async function lookIn(knowledge: Knowledge, namespace: string, signal: AbortSignal): Promise<void> {
  const { folder, files, faults, touched } = knowledge
  const before = new Set(files.keysIn(namespace))
  const known = (service: ServiceName): ManifestFile | undefined => files.file(serviceKey(service))
  const { files: found, unreadable } = await readManifests(folder, { namespaces: [namespace], everywhere: false }, signal, known)
  setFault(knowledge, namespace, unreadable.get(namespace))
  for (const file of found) {
    const key = serviceKey(file.current)
    before.delete(key)
    if (!touched.has(key)) take(knowledge, file)
  }
  for (const key of before) if (!touched.has(key)) forget(knowledge, key)
  if (!faults.has(namespace)) knowledge.namespaces.set(namespace, 'active')
}

async function lookAt(knowledge: Knowledge, { namespace, name }: ServiceName): Promise<void> {
  const key = serviceKey({ namespace, name })
  const file = await readManifest(knowledge.folder, namespace, name, knowledge.files.file(key))
  if (!knowledge.touched.has(key)) take(knowledge, file)
}

function forget({ files, news, noted }: Knowledge, key: string): void {
  const known = files.services.get(key)
  if (known === undefined) return
  noted({ current: { namespace: known.namespace, name: known.name, slices: [] }, digest: undefined })
  files.remove(key)
  news.add(key)
}

function setFault({ faults, scope, news }: Knowledge, namespace: string, fault: string | undefined): void {
  if (faults.get(namespace) === fault) return
  if (fault === undefined) faults.delete(namespace)
  else faults.set(namespace, fault)
  for (const key of scope.keys ?? []) if (key.startsWith(`${namespace}/`)) news.add(key)
}

/** Of namespaces that have gone, or are no longer in scope. */
function forgetOthers(knowledge: Knowledge, present: readonly string[]): void {
  const { files, namespaces, faults } = knowledge
  const gone = [...new Set([...namespaces.keys(), ...faults.keys()])].filter((namespace) => !present.includes(namespace))
  for (const namespace of gone) {
    namespaces.delete(namespace)
    faults.delete(namespace)
    for (const key of files.keysIn(namespace)) forget(knowledge, key)
  }
}
