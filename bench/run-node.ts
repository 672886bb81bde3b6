import { spawn, spawnSync } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { type Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'

export interface Run {
  readonly wallMs: number
  /** User and system time of the process. */
  readonly cpuMs: number
  /** The most memory that it had at a time (VmHWM). */
  readonly peakMiB: number
  readonly exitCode: number
  readonly output: string
}

const reportUsage = fileURLToPath(new URL('report-usage.cjs', import.meta.url))

/** Runs Node once, from its start to its end, and says what that took. */
export async function runNode(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Run> {
  const begin = performance.now()
  const child = spawn(process.execPath, ['--require', reportUsage, ...args], {
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'], env: { ...process.env, ...env },
  })
  const [, output, , usage] = child.stdio as readonly (Readable | null)[]
  if (!output || !usage) throw new Error('A measured process has no pipes')
  const ended = new Promise<{ exitCode: number; wallMs: number }>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => { resolve({ exitCode: code ?? -1, wallMs: performance.now() - begin }) })
  })
  const [said, used, end] = await Promise.all([text(output), text(usage), ended])
  return { ...end, output: said, ...JSON.parse(used) as Pick<Run, 'cpuMs' | 'peakMiB'> }
}

/** The wall time of one run with nothing loaded into it. Throws where it fails. */
export function wallOf(args: readonly string[], env: Readonly<Record<string, string>> = {}): number {
  const begin = performance.now()
  const { status, stderr } = spawnSync(process.execPath, args, { env: { ...process.env, ...env } })
  const wallMs = performance.now() - begin
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${String(status)}: ${stderr.toString()}`)
  return wallMs
}
