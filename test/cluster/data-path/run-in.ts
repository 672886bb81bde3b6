import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/**
 * Starts a script of ours inside a network namespace, with an IPC channel: `process.send` there is `message` here.
 * It ends when the channel closes, so also with this process.
 */
export function runIn(namespace: string, script: string, args: readonly (string | number)[]): ChildProcess {
  return fork(fileURLToPath(new URL(script, import.meta.url)), args.map(String), {
    execPath: 'ip',
    execArgv: ['netns', 'exec', namespace, process.execPath, '--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
}
