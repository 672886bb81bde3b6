import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { type RunStatus } from '../../../src/model/run-status.ts'
import { cluster } from '../harness/cluster.ts'
import { eventually } from '../harness/eventually.ts'
import { bundle } from '../sync/bundle.ts'

export interface LogLine {
  readonly level: string
  readonly message: string
  readonly [field: string]: unknown
}

/** The shipped `run` as a process of its own. */
export interface RunProcess {
  readonly pid: number
  /** What it logged so far. */
  readonly log: () => readonly LogLine[]
  /** All of what it wrote to standard error. */
  readonly text: () => string
  readonly status: () => Promise<RunStatus>
  /** The answer of a path of its admin port. */
  readonly ask: (path: string, init?: RequestInit) => Promise<{ readonly status: number; readonly text: string }>
  /** Until /readyz says so. */
  readonly ready: () => Promise<void>
  /** Until it leads. */
  readonly leads: () => Promise<void>
  readonly kill: (signal: NodeJS.Signals) => void
  /** Its exit code; null where a signal ended it. */
  readonly exited: Promise<number | null>
  /** Asks it to end and waits until it has; by force after ten seconds. */
  readonly stop: () => Promise<number | null>
}

const started: RunProcess[] = []

/** Starts `run -c CONFIG` against the cluster of this kubeconfig, with an admin port of its own. Ended by stopAll at the latest. */
export async function startRun(config: string, kubeconfig: string | undefined, ...flags: readonly string[]): Promise<RunProcess> {
  const reach = kubeconfig === undefined ? [] : ['--kubeconfig', kubeconfig]
  const child = spawn(process.execPath, [await bundle(), 'run', '-c', config, '--admin', '127.0.0.1:0', ...reach, ...flags], {
    env: { PATH: process.env['PATH'], HOME: cluster().dir, NO_COLOR: '1', NODE_COMPILE_CACHE: `${cluster().dir}/compile-cache` },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let text = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => { text += chunk })
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  let isOver = false
  void exited.then(() => { isOver = true })
  const address = await eventually(() => {
    const found = /Admin port: (http:\S+)/.exec(text)?.[1]
    return found === undefined ? Promise.reject(new Error(`No admin port: ${text}`)) : Promise.resolve(found)
  })
  const ask: RunProcess['ask'] = async (path, init) => {
    const answer = await fetch(`${address}${path}`, { ...init, signal: AbortSignal.timeout(5000) })
    return { status: answer.status, text: await answer.text() }
  }
  const status: RunProcess['status'] = async () => JSON.parse((await ask('/status')).text) as RunStatus
  const running: RunProcess = {
    pid: child.pid ?? 0, exited, ask, status,
    text: () => text,
    log: () => text.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as LogLine),
    ready: () => eventually(async () => {
      const { status: code, text: why } = await ask('/readyz')
      if (code !== 200) throw new Error(`Not ready: ${why}: ${text}`)
    }),
    leads: () => eventually(async () => { if (!(await status()).isLeading) throw new Error(`Does not lead: ${text}`) }, 40_000),
    kill: (signal) => { child.kill(signal) },
    async stop() {
      if (!isOver) child.kill('SIGTERM')
      const timer = sleep(10_000, 'late' as const, { ref: false })
      if (await Promise.race([exited, timer]) === 'late') child.kill('SIGKILL')
      return exited
    },
  }
  started.push(running)
  return running
}

export async function stopAll(): Promise<void> {
  await Promise.all(started.splice(0).map((each) => {
    each.kill('SIGCONT')
    return each.stop()
  }))
}
