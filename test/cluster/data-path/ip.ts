import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Runs one command of iproute2. Rejects with what it said when it fails. */
export async function ip(...args: readonly string[]): Promise<string> {
  return (await run('ip', args)).stdout
}

/** Runs a command inside a network namespace. Names are not looked up there; files are those of this machine. */
export async function within(namespace: string, ...command: readonly string[]): Promise<string> {
  return ip('netns', 'exec', namespace, ...command)
}
