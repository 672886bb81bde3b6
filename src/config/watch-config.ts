import { stat } from 'node:fs/promises'
import { sourceFiles } from './source-files.ts'

export interface WatchSettings {
  /** ms between two looks; what differs must be the same in two looks in a row, so that a half-written file is not taken. */
  readonly everyMs?: number
}

/**
 * Calls `changed` when the files of a config are others than before, or hold something else: an edit, a new file in a
 * directory, the `..data` link of a mounted ConfigMap swapped. By looking once a second, since what is heard of files differs with
 * the file system, and is not heard at all where a link's target moves. Standard input is passed over. Answers with its
 * stop when it has looked once: who reads the files after that misses nothing.
 */
export async function watchConfig(sources: readonly string[], changed: () => void, { everyMs = 1000 }: WatchSettings = {}): Promise<() => void> {
  const files = sources.filter((source) => source !== '-')
  let taken = await fingerprint(files)
  let seen = taken
  let isStopped = false
  let timer = setTimeout(() => { void look() }, everyMs)

  const look = async (): Promise<void> => {
    const now = await fingerprint(files)
    if (isStopped) return
    if (now === seen && now !== taken) {
      taken = now
      changed()
    }
    seen = now
    timer = setTimeout(() => { void look() }, everyMs)
  }
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
