import { isUtf8 } from 'node:buffer'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type Fault } from './config-fault.ts'

/** A file to read, by the name that messages call it. */
export interface SourceFile {
  readonly file: string
  /** The text, or why it cannot be had. */
  readonly read: () => Promise<string | Fault>
}

/**
 * The files that the sources stand for: a file, the YAML files of a directory (flat, sorted), or `-` for standard input.
 * What is named twice is read once.
 */
export async function sourceFiles(
  sources: readonly string[],
  readStdin: () => Promise<string>,
): Promise<{ readonly files: readonly SourceFile[]; readonly faults: readonly Fault[] }> {
  const files = new Map<string, SourceFile>()
  const faults: Fault[] = []
  for (const source of sources) {
    const found = source === '-' ? [{ file: '<stdin>', read: () => textOf('<stdin>', readStdin) }] : await filesAt(source)
    if (!Array.isArray(found)) {
      faults.push(found)
      continue
    }
    for (const file of found) files.set(source === '-' ? '-' : resolve(file.file), file)
  }
  return { files: [...files.values()], faults }
}

async function filesAt(source: string): Promise<SourceFile[] | Fault> {
  try {
    if (!(await stat(source)).isDirectory()) return [sourceFile(source)]
    const files = await yamlFilesIn(source)
    return files.length > 0 ? files : unreadable(source, 'no *.yaml or *.yml in this directory')
  } catch (error) {
    return unreadable(source, reasonOf(error))
  }
}

async function yamlFilesIn(directory: string): Promise<SourceFile[]> {
  const files: SourceFile[] = []
  // A mounted ConfigMap holds its data in `..data` and links to it: links are followed, dot entries passed over.
  const names = (await readdir(directory)).filter((name) => /\.ya?ml$/.test(name) && !name.startsWith('.')).sort()
  for (const name of names) {
    const path = join(directory, name)
    const found = await stat(path).catch(() => undefined)
    if (found?.isDirectory() !== true) files.push(sourceFile(path))
  }
  return files
}

function sourceFile(file: string): SourceFile {
  return { file, read: () => textOf(file, () => readFile(file)) }
}

async function textOf(file: string, read: () => Promise<string | Buffer>): Promise<string | Fault> {
  try {
    const content = await read()
    if (typeof content === 'string') return content
    return isUtf8(content) ? content.toString('utf8') : unreadable(file, 'not UTF-8 text')
  } catch (error) {
    return unreadable(file, reasonOf(error))
  }
}

function unreadable(file: string, reason: string): Fault {
  return { file, line: 1, column: 1, message: `Cannot read ${file}: ${reason}` }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ELOOP: 'symbolic links in a circle',
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return reasons[code ?? ''] ?? message
}
