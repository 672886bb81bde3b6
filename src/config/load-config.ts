import { type Declared } from '../model/declared.ts'
import { checkSchedules } from './check-schedule.ts'
import { ConfigFault, type Fault, renderFault } from './config-fault.ts'
import { type ConfigPart, readConfigPart } from './config-part.ts'
import { mergeParts } from './merge-parts.ts'
import { type SourceFile, sourceFiles } from './source-files.ts'

/**
 * Reads, checks and merges the config: files, directories, or `-` for standard input.
 * Throws a ConfigFault with every fault of every file.
 */
export async function loadConfig(sources: readonly string[], readStdin: () => Promise<string>): Promise<Declared> {
  const { files, faults } = await sourceFiles(sources, readStdin)
  const parts: ConfigPart[] = []
  const unread: Fault[] = [...faults]
  // One file at a time: a tree of positions takes a hundred times its text.
  for (const file of files) {
    const part = await readPart(file)
    if ('message' in part) unread.push(part)
    else parts.push(part)
  }
  const isWhole = unread.length === 0 && parts.every((part) => part.isWhole)
  const merged = mergeParts(parts, isWhole)
  const schedules = await checkSchedules(parts.flatMap((part) => part.schedules))
  const all = [...unread, ...parts.flatMap((part) => part.faults), ...merged.faults, ...schedules]
  if (all.length > 0) throw new ConfigFault(inOrder(all, files))
  return merged.declared
}

async function readPart({ file, read }: SourceFile): Promise<ConfigPart | Fault> {
  const text = await read()
  return typeof text === 'string' ? readConfigPart(file, text) : text
}

/** By file, line and column, each once: an anchor's fault is met at each of its aliases. */
function inOrder(faults: readonly Fault[], files: readonly SourceFile[]): Fault[] {
  const order = new Map(files.map(({ file }, index) => [file, index]))
  const distinct = new Map(faults.map((fault) => [renderFault(fault), fault]))
  return [...distinct.values()].sort((a, b) => (order.get(a.file) ?? -1) - (order.get(b.file) ?? -1) || a.line - b.line || a.column - b.column)
}
