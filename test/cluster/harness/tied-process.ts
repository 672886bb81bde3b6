import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A Node process of ours that ends when we end, in whatever way. */
export interface TiedProcess {
  /** The first line that it prints. Rejects when it ends without one. */
  readonly answer: Promise<string>
  readonly exited: Promise<void>
  /** For what the script does on a signal of its own. */
  signal(name: NodeJS.Signals): void
  /** Lets it clean up and waits for it. */
  stop(): Promise<void>
}

/**
 * Starts `script` with one JSON argument. Its standard input is a pipe that nobody writes to: the kernel closes it when
 * this process goes, also by SIGKILL, and that is the sign to clean up. It has a session of its own, so that Ctrl-C
 * reaches us and not it: it must outlive us by the moment that the cleaning takes.
 */
export function startTied(script: URL, argument: unknown): TiedProcess {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', fileURLToPath(script), JSON.stringify(argument)], {
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const exited = new Promise<void>((resolve) => child.once('close', () => { resolve() }).once('error', () => { resolve() }))
  const answer = new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve)
    child.once('error', reject)
    void exited.then(() => { reject(new Error(`${fileURLToPath(script)} ended without an answer`)) })
  })
  answer.catch(() => undefined)
  return { answer, exited, signal: (name) => { child.kill(name) }, stop: () => { child.stdin.destroy(); return exited } }
}
