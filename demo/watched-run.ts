// `run` as a process of its own, watched: what it says is shown as it comes, with the time since the last change.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { styleText } from 'node:util'
import { logText, readLogLine, type LogLine } from './log-text.ts'

export interface WatchedRun {
  /** `host:port` of its admin port. */
  readonly admin: string
  /** What it said and what is not forgotten. */
  readonly said: () => readonly LogLine[]
  readonly forget: () => void
  /** Since the last change, in words. */
  readonly elapsed: () => string
  /** Something changes now. */
  readonly change: () => void
  /** Undefined while it runs. */
  readonly exitCode: () => number | null | undefined
  /** Asks it to end, and waits; by force after ten seconds. */
  readonly end: () => Promise<void>
  /** Kills it, as the kernel does where memory is short. */
  readonly kill: () => Promise<void>
}

/** Starts the command and waits for its admin port. Rejects where it ends before it has one. */
export async function watchRun(command: string, args: readonly string[], cwd: string): Promise<WatchedRun> {
  print(styleText('bold', `$ endpoint-registrar ${args.join(' ')}`))
  const child = spawn(process.execPath, [command, ...args], { cwd, stdio: ['ignore', 'inherit', 'pipe'] })
  const exited = once(child, 'exit')
  let since = performance.now()
  let said: LogLine[] = []
  const elapsed = (): string => `${Math.round(performance.now() - since)} ms`.padStart(8)
  const lines = createInterface(child.stderr)
  lines.on('line', (text) => {
    const line = readLogLine(text)
    if (line !== undefined) said.push(line)
    print(line === undefined ? text : `  ${elapsed()}  ${logText(line)}`)
  })
  const admin = Promise.withResolvers<string>()
  lines.on('line', (text) => {
    const found = /^Admin port: http:\/\/(\S+)/.exec(text)?.[1]
    if (found !== undefined) admin.resolve(found)
  })
  void exited.then(() => { admin.reject(new Error('run ended before it had an admin port')) })
  return {
    admin: await admin.promise, elapsed,
    said: () => said,
    forget: () => { said = [] },
    change: () => { since = performance.now() },
    exitCode: () => (child.exitCode === null && child.signalCode === null ? undefined : child.exitCode),
    end: () => end(child, exited),
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}

async function end(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await exited
  clearTimeout(timer)
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
