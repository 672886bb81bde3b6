import { type ChildProcess, spawn } from 'node:child_process'
import { openSync, closeSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

/** One process of the control plane; what it prints is in its log file. */
export interface Component {
  readonly name: string
  readonly logFile: string
  /** Resolves when it has ended, for whatever reason. */
  readonly exited: Promise<void>
  hasExited(): boolean
  /** By SIGKILL: the data is thrown away, and kube-apiserver outlives a SIGTERM by up to a minute. */
  kill(): Promise<void>
}

export function startComponent(name: string, file: string, args: readonly string[], logFile: string): Component {
  const log = openSync(logFile, 'a')
  const child: ChildProcess = spawn(file, args, { stdio: ['ignore', log, log] })
  closeSync(log)
  let ended = false
  const exited = new Promise<void>((resolve) => {
    const end = (): void => { ended = true; resolve() }
    child.once('exit', end).once('error', end)
  })
  return { name, logFile, exited, hasExited: () => ended, kill: () => { child.kill('SIGKILL'); return exited } }
}

/**
 * Asks every 20 ms what is lacking, until nothing is. Throws with the last answer and the end of the log when the
 * component ends before, or when the signal does. No question may take long: it is not interrupted.
 */
export async function waitUntil(component: Component, lacking: () => Promise<string | undefined>, signal: AbortSignal): Promise<void> {
  for (;;) {
    const lack = await lacking()
    if (lack === undefined) return
    if (component.hasExited()) throw await failure(component, 'ended while starting')
    if (signal.aborted) throw await failure(component, `did not get ready in time: ${lack}`)
    await sleep(20)
  }
}

export async function failure(component: Component, what: string): Promise<Error> {
  const lines = (await readFile(component.logFile, 'utf8')).trimEnd().split('\n')
  return new Error(`${component.name} ${what}\n${lines.slice(-12).join('\n')}`)
}

/** What is lacking as long as the log does not say this. */
export async function unsaid(component: Component, text: string): Promise<string | undefined> {
  return (await readFile(component.logFile, 'utf8')).includes(text) ? undefined : `its log lacks "${text}"`
}
