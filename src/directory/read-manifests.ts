import { type Dirent } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import pLimit from 'p-limit'
import { TargetUnreachable, type Scope } from '../model/ports.ts'
import { namespaceFault, readManifest, type ManifestFile } from './read-manifest.ts'

export interface Manifests {
  readonly files: readonly ManifestFile[]
  readonly namespaces: readonly string[]
  /** Namespaces whose folder cannot be read, and why. */
  readonly unreadable: ReadonlyMap<string, string>
}

const filesAtOnce = 16
const suffix = '.yaml'
// What a namespace or a Service can be called: nothing else can be ours, and it leaves out dot entries.
const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

/** The file of a service as it was read before, by its key. */
export type KnownFile = (service: Pick<ManifestFile['current'], 'namespace' | 'name'>) => ManifestFile | undefined

/** The files in scope; a folder that does not exist is empty. Rejects with TargetUnreachable where it cannot be listed. */
export async function readManifests(
  folder: string, scope: Pick<Scope, 'namespaces' | 'everywhere'>, signal: AbortSignal, known: KnownFile = () => undefined,
): Promise<Manifests> {
  const namespaces = await namespacesIn(folder, scope)
  const unreadable = new Map<string, string>()
  const limit = pLimit(filesAtOnce)
  const files: ManifestFile[] = []
  for (const namespace of namespaces) {
    const names = await serviceNames(folder, namespace)
    if (typeof names === 'string') unreadable.set(namespace, names)
    else files.push(...await limit.map(names, async (name) => {
      signal.throwIfAborted()
      return readManifest(folder, namespace, name, known({ namespace, name }))
    }))
  }
  return { files, namespaces, unreadable }
}

/** The namespaces of a scope: those that are named, and everywhere those that have a folder. Rejects with TargetUnreachable. */
export async function namespacesIn(folder: string, { namespaces, everywhere }: Pick<Scope, 'namespaces' | 'everywhere'>): Promise<readonly string[]> {
  const entries = await rootEntries(folder)
  const others = everywhere ? entries.filter((entry) => entry.isDirectory() && label.test(entry.name)).map(({ name }) => name) : []
  return [...new Set([...namespaces, ...others])].sort()
}

async function rootEntries(folder: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return []
    throw new TargetUnreachable(`Cannot read directory ${folder}: ${code ?? message}`, { cause: error })
  }
}

/** The services that have a file, or why that cannot be known. */
async function serviceNames(folder: string, namespace: string): Promise<readonly string[] | string> {
  const fault = await namespaceFault(folder, namespace)
  if (fault !== undefined) return fault
  const path = join(folder, namespace)
  try {
    return (await readdir(path)).filter((file) => file.endsWith(suffix)).map((file) => file.slice(0, -suffix.length))
      .filter((name) => label.test(name)).sort()
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return code === 'ENOENT' ? [] : `Cannot read ${path}: ${code ?? message}`
  }
}
