import { stat } from 'node:fs/promises'
import { sourceFiles } from './source-files.ts'

export interface WatchSettings {
  /** ms between two looks; what differs must be the same in two looks in a row, so that a half-written file is not taken. */
  readonly everyMs?: number
}

/**
 * Calls `changed` when the files of a config are others than before, or hold something else: an edit, a new file in a
 * directory, the `..data` link of a mounted ConfigMap swapped. By looking once a second, since what is heard of files differs with
 * the file system, and is not heard at all where a link's target moves. Standard input is passed over. Returns its stop.
 */
export function watchConfig(sources: readonly string[], changed: () => void, { everyMs = 1000 }: WatchSettings = {}): () => void {
  const files = sources.filter((source) => source !== '-')
  let taken: string | undefined
  let seen: string | undefined
  let timer: NodeJS.Timeout | undefined
  let isStopped = false

  const look = async (): Promise<void> => {
    const now = await fingerprint(files)
    if (taken !== undefined && now === seen && now !== taken) {
      taken = now
      changed()
    }
    taken ??= now
    seen = now
    if (!isStopped) timer = setTimeout(() => { void look() }, everyMs)
  }
  void look()
  return () => {
    isStopped = true
    clearTimeout(timer)
  }
}

/** Which files there are and which version of each, as text; what cannot be read is a version too. */
async function fingerprint(sources: readonly string[]): Promise<string> {
  const { files, faults } = await sourceFiles(sources, () => Promise.resolve(''))
  const versions = await Promise.all(files.map(async ({ file }) => {
    const found = await stat(file, { bigint: true }).catch(() => undefined)
    return `${file} ${found === undefined ? 'gone' : `${found.dev} ${found.ino} ${found.size} ${found.mtimeNs}`}`
  }))
  return [...faults.map(({ message }) => message), ...versions].join('\n')
}
