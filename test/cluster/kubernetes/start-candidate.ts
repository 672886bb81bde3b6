import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type ElectionOptions } from '../../../src/kubernetes/stand-for-election.ts'

export interface CandidateProcess {
  readonly lines: readonly Readonly<Record<string, unknown>>[]
  readonly isLeading: () => boolean
  /** Resolves with the exit code, null after a signal. */
  readonly exited: Promise<number | null>
  signal(name: NodeJS.Signals): void
}

const script = fileURLToPath(new URL('candidate-process.ts', import.meta.url))
const running = new Set<ChildProcess>()

export function startCandidate(
  options: Pick<ElectionOptions, 'namespace' | 'name' | 'identity' | 'durations'> & { readonly kubeconfig: string },
): CandidateProcess {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, JSON.stringify(options)], { stdio: ['pipe', 'pipe', 'inherit'] })
  running.add(child)
  const lines: Readonly<Record<string, unknown>>[] = []
  createInterface({ input: child.stdout }).on('line', (line) => { lines.push(JSON.parse(line) as Record<string, unknown>) })
  return {
    lines,
    isLeading: () => lines.findLast(({ kind }) => kind === 'leading')?.['isLeading'] === true,
    exited: new Promise((resolve) => child.once('exit', (code) => {
      running.delete(child)
      resolve(code)
    })),
    signal: (name) => { child.kill(name) },
  }
}

/** Also those that are stopped. */
export function killCandidates(): void {
  for (const child of running) child.kill('SIGKILL')
}
