// Two levels are enough: NAMESPACE/NAME.yaml. Node's own recursive watch on Linux would take a watcher a file.

import { watch, type FSWatcher } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, join } from 'node:path'

export interface FolderWatch {
  /**
   * Watches the folder and these folders in it, as far as they are there. Call it before reading: what changes after that
   * is told, and what is watched only now (it is new, or was made anew) has to be read.
   */
  attach(namespaces: readonly string[]): Promise<Attachment>
  stop(): void
}

export interface Attachment {
  /** The folder itself is there and watched. */
  readonly isAttached: boolean
  /** The folder itself is watched only now. */
  readonly isNew: boolean
  readonly newNamespaces: readonly string[]
  /** Why something that is there cannot be watched. */
  readonly fault?: NodeJS.ErrnoException
}

/** Neither: anything may have changed. A namespace alone: what is in it. Both: this file. */
export type Changed = (namespace?: string, file?: string) => void

interface Attached {
  readonly watcher: FSWatcher
  /** A folder that was made anew under the same name is another one, to which the old watch is deaf. */
  readonly inode: number
}

export function watchFolders(folder: string, changed: Changed): FolderWatch {
  const attached = new Map<string, Attached>()

  const detach = (path: string): void => {
    attached.get(path)?.watcher.close()
    attached.delete(path)
  }
  /** True where it is watched only now. Rejects with the system's error. */
  const attachOne = async (path: string, told: (file: string | null) => void): Promise<boolean> => {
    const inode = await inodeOf(path)
    if (attached.get(path)?.inode === inode) return false
    detach(path)
    if (inode === undefined) return false
    const watcher = watch(path, (_event, file) => {
      // So its own end is told, and one that is made anew may well get its inode.
      const isOwnEnd = file === basename(path)
      if (isOwnEnd) detach(path)
      told(isOwnEnd ? null : file)
    })
    watcher.on('error', () => { detach(path); told(null) })
    attached.set(path, { watcher, inode })
    return true
  }
  return {
    async attach(namespaces) {
      const wanted = new Set([folder, ...namespaces.map((namespace) => join(folder, namespace))])
      for (const path of attached.keys()) if (!wanted.has(path)) detach(path)
      const newNamespaces: string[] = []
      let isNew = false
      try {
        isNew = await attachOne(folder, (entry) => { changed(entry ?? undefined) })
        for (const namespace of namespaces) {
          if (await attachOne(join(folder, namespace), (file) => { changed(namespace, file ?? undefined) })) newNamespaces.push(namespace)
        }
        return { isAttached: attached.has(folder), isNew, newNamespaces }
      } catch (error) {
        return { isAttached: attached.has(folder), isNew, newNamespaces, fault: error as NodeJS.ErrnoException }
      }
    },
    stop: () => { for (const path of [...attached.keys()]) detach(path) },
  }
}

async function inodeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).ino
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
