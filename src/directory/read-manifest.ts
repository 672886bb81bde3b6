// One file a service: NAMESPACE/NAME.yaml. Links are not followed: a link could lead a write out of the directory.

import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { lstat, open } from 'node:fs/promises'
import { join } from 'node:path'
import { type CurrentService } from '../model/objects.ts'
import { parseManifest } from './parse-manifest.ts'

export interface ManifestFile {
  readonly current: CurrentService
  /** Of the file's text, to see whether somebody changed it since; undefined where there is no file, or none to be read. */
  readonly digest: string | undefined
}

export function manifestPath(folder: string, namespace: string, name: string): string {
  return join(folder, namespace, `${name}.yaml`)
}

/**
 * One service's file; without one, an empty current. Why a file cannot be read or is not of this service is in `unreadable`.
 * Where its text is still that of `known`, that is the answer.
 */
export async function readManifest(folder: string, namespace: string, name: string, known?: ManifestFile): Promise<ManifestFile> {
  const nothing = { namespace, name, slices: [] }
  const path = manifestPath(folder, namespace, name)
  const unreadable = (why: string): ManifestFile => ({ current: { ...nothing, unreadable: why }, digest: undefined })
  const notFolder = await namespaceFault(folder, namespace)
  if (notFolder !== undefined) return unreadable(notFolder)
  try {
    const text = await readRegularFile(path)
    if (text === undefined) return unreadable(`Not a regular file: ${path}`)
    const digest = digestOf(text)
    if (known?.digest === digest) return known
    const current = parseManifest(text, { namespace, name })
    return { current: current.unreadable === undefined ? current : { ...current, unreadable: `${path}: ${current.unreadable}` }, digest }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return { current: nothing, digest: undefined }
    return unreadable(code === 'ELOOP' ? `Links are not followed: ${path}` : `Cannot read ${path}: ${code ?? message}`)
  }
}

/** Why a namespace's folder is not to be used; undefined where it is one, or is not there. */
export async function namespaceFault(folder: string, namespace: string): Promise<string | undefined> {
  const path = join(folder, namespace)
  try {
    const status = await lstat(path)
    if (status.isSymbolicLink()) return `Links are not followed: ${path}`
    return status.isDirectory() ? undefined : `Not a folder: ${path}`
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return code === 'ENOENT' ? undefined : `Cannot read ${path}: ${code ?? message}`
  }
}

export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64')
}

/** Undefined for a folder, a socket or a pipe; a pipe would otherwise be waited on for ever. */
async function readRegularFile(path: string): Promise<string | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    return (await file.stat()).isFile() ? await file.readFile('utf8') : undefined
  } finally {
    await file.close()
  }
}
