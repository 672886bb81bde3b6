// A mounted ConfigMap: files behind the `..data` link, which is swapped as the kubelet does it.

import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export type ConfigFiles = Readonly<Record<string, string>>

export interface ConfigFolder {
  readonly path: string
  /** Swaps in another version, whole. */
  mount(files: ConfigFiles): Promise<void>
}

/** Makes one with these files in it. Their names do not change. */
export async function newConfigFolder(dir: string, files: ConfigFiles): Promise<ConfigFolder> {
  await mkdir(dir, { recursive: true })
  let current: string | undefined
  const mount = async (next: ConfigFiles): Promise<void> => {
    const version = await mkdtemp(join(dir, '..version-'))
    await Promise.all(Object.entries(next).map(([name, text]) => writeFile(join(version, name), text)))
    await symlink(version, join(dir, '..next'))
    await rename(join(dir, '..next'), join(dir, '..data'))
    if (current !== undefined) await rm(current, { recursive: true, force: true })
    current = version
  }
  await mount(files)
  await Promise.all(Object.keys(files).map((name) => symlink(join('..data', name), join(dir, name))))
  return { path: dir, mount }
}
