// A whole file at once: a reader sees the old one or the new one, never half of either.

import { randomBytes } from 'node:crypto'
import { mkdir, open, readdir, rename, rm, rmdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { manifestPath } from './read-manifest.ts'

const partial = /^\.endpoint-registrar-[0-9a-f]{12}\.tmp$/
const abandonedAfterMs = 60_000

/** Writes `NAMESPACE/NAME.yaml` under a temporary name, then renames it. Rejects with the system's error. */
export async function writeManifest(folder: string, namespace: string, name: string, text: string): Promise<void> {
  const home = join(folder, namespace)
  await mkdir(home, { recursive: true })
  const temporary = join(home, `.endpoint-registrar-${randomBytes(6).toString('hex')}.tmp`)
  try {
    await writeThrough(temporary, text)
    await rename(temporary, manifestPath(folder, namespace, name))
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/** Removes the file, and its folder once nothing else is in it. Rejects with the system's error. */
export async function removeManifest(folder: string, namespace: string, name: string): Promise<void> {
  await rm(manifestPath(folder, namespace, name), { force: true })
  // An empty folder that stays (it is not empty, or not ours to remove) does no harm.
  await rmdir(join(folder, namespace)).catch(() => undefined)
}

/** Removes what a run that was killed left half-written; a younger one may be somebody's who writes right now. */
export async function clearPartials(folder: string, namespace: string): Promise<void> {
  const home = join(folder, namespace)
  const names = await readdir(home).catch(() => [])
  for (const path of names.filter((name) => partial.test(name)).map((name) => join(home, name))) {
    const status = await stat(path).catch(() => undefined)
    if (status !== undefined && Date.now() - status.mtimeMs > abandonedAfterMs) await rm(path, { force: true })
  }
}

/** On the disk before it is renamed: after a power cut the new name must not stand for an empty file. */
async function writeThrough(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx')
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}
