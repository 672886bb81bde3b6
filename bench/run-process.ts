// The bundled `run` as a process that is measured from outside: what the kernel says of it, and what its admin port says.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { type Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Usage {
  readonly cpuMs: number
  readonly rssMiB: number
  /** The most so far. */
  readonly peakMiB: number
}

export interface MeasuredRun {
  readonly usage: () => Promise<Usage>
  /** One number of /metrics that has no labels. Each scrape begins the loop's lag anew. */
  readonly metrics: () => Promise<(name: string) => number>
  /** How long it takes to read a path of the admin port, in ms, and how long it is. */
  readonly time: (path: string) => Promise<{ readonly ms: number; readonly bytes: number }>
  /** Asks for a full resync; resolves when it is done, with the ms that took. */
  readonly resync: () => Promise<number>
  readonly stop: () => Promise<void>
}

/** Starts it and waits until everything was looked at once and it leads. Its log goes to the file. */
export async function startMeasuredRun(args: readonly string[], logFile: string, nodeArgs: readonly string[] = []): Promise<MeasuredRun> {
  const child = spawn(process.execPath, [...nodeArgs, 'dist/main.js', 'run', '--admin', '127.0.0.1:0', ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  const exited = once(child, 'exit')
  const pid = child.pid ?? 0
  child.stderr.pipe(createWriteStream(logFile))
  const address = await adminPort(child.stderr, exited)
  const get = async (path: string, init?: RequestInit): Promise<string> => {
    // A connection that was kept may be closed from the other side at this very moment.
    const answer = await fetch(`${address}${path}`, init).catch(() => fetch(`${address}${path}`, init))
    return `${answer.status} ${await answer.text()}`
  }
  const run: MeasuredRun = {
    usage: () => usageOf(pid),
    metrics: async () => {
      const lines = (await get('/metrics')).split('\n')
      return (name) => Number(lines.find((line) => line.startsWith(`${name} `))?.slice(name.length))
    },
    time: async (path) => {
      const begin = performance.now()
      const text = await get(path)
      return { ms: performance.now() - begin, bytes: text.length }
    },
    async resync() {
      const begin = performance.now()
      const before = (await readFile(logFile, 'utf8')).length
      await get('/sync', { method: 'POST' })
      while (!(await readFile(logFile, 'utf8')).includes('"cause":"asked"', before)) await sleep(20)
      return performance.now() - begin
    },
    async stop() {
      child.kill('SIGTERM')
      const isLate = await Promise.race([exited.then(() => false), sleep(15_000, true, { ref: false })])
      if (isLate) child.kill('SIGKILL')
      await exited
    },
  }
  while (!(await get('/readyz')).startsWith('200')) await sleep(200)
  return run
}

async function adminPort(said: Readable, exited: Promise<unknown>): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let text = ''
  const listen = (chunk: Buffer): void => {
    text += chunk.toString()
    const found = /Admin port: (http:\S+)/.exec(text)?.[1]
    if (found !== undefined) resolve(found)
  }
  said.on('data', listen)
  void exited.then(() => { reject(new Error(`run ended: ${text.slice(-500)}`)) })
  return promise.finally(() => { said.off('data', listen) })
}

const ticksPerSecond = 100

async function usageOf(pid: number): Promise<Usage> {
  const [stat, status] = await Promise.all([readFile(`/proc/${pid}/stat`, 'utf8'), readFile(`/proc/${pid}/status`, 'utf8')])
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const kib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1])
  return { cpuMs: (Number(fields[11]) + Number(fields[12])) * 1000 / ticksPerSecond, rssMiB: kib('VmRSS') / 1024, peakMiB: kib('VmHWM') / 1024 }
}
