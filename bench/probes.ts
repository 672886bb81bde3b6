// 1,000 TCP probes a second against listeners on loopback: what followTargets costs beside a bare net.connect loop, and
// beside what others take for the same.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { median, printGoal, printTable, ratioOf, say, title } from './figures.ts'
import { loopbackAddress } from './loopback-address.ts'
import { cpuMsOf, isInstalled, type OtherProber, otherProbers } from './other-probers.ts'
// Of a program only its types: `import { type }` would run it.
import type { LoopFigures } from './probe-loop.ts'
import { runNode } from './run-node.ts'

const targets = 1000
const pairs = 7
const seconds = 10

interface Listeners {
  readonly port: number
  readonly connections: () => Promise<number>
  readonly stop: () => void
}

export async function probes(): Promise<void> {
  title(`${targets} TCP probes a second for ${seconds} s, ${pairs} pairs in turn`)
  const listeners = await startListeners()
  const dir = await mkdtemp(join(tmpdir(), 'endpoint-registrar-bench-'))
  try {
    const runs: (readonly [LoopFigures, LoopFigures])[] = []
    for (let pair = 0; pair < pairs; pair++) runs.push([await runLoop('ours', listeners.port), await runLoop('bare', listeners.port)])
    printPairs(runs)
    for (const other of otherProbers) await measureOther(other, listeners, dir, median(runs.map(([, bare]) => cpuPerThousand(bare))))
  } finally {
    listeners.stop()
    await rm(dir, { recursive: true, force: true })
  }
}

async function startListeners(): Promise<Listeners> {
  const child = fork(fileURLToPath(new URL('probe-listeners.ts', import.meta.url)))
  const [{ port }] = await once(child, 'message') as [{ port: number }]
  return {
    port,
    async connections() {
      child.send('how many')
      const [{ connections }] = await once(child, 'message') as [{ connections: number }]
      return connections
    },
    stop: () => { child.disconnect() },
  }
}

async function runLoop(which: 'bare' | 'ours', port: number): Promise<LoopFigures> {
  const program = fileURLToPath(new URL('probe-loop.ts', import.meta.url))
  const { output, exitCode } = await runNode([program, which, String(port), String(targets), String(seconds)])
  if (exitCode !== 0) throw new Error(`The ${which} loop ended with ${exitCode}`)
  return JSON.parse(output) as LoopFigures
}

function cpuPerThousand({ cpuMs, probes: count }: { readonly cpuMs: number; readonly probes: number }): number {
  return cpuMs / count
}

function printPairs(runs: readonly (readonly [LoopFigures, LoopFigures])[]): void {
  const row = (name: string, each: readonly LoopFigures[]): string[] => [
    name, String(Math.round(median(each.map(({ probes: count }) => count)) / seconds)), cpuText(median(each.map(cpuPerThousand))),
    ...(['p50', 'p99', 'max'] as const).map((which) => `${median(each.map(({ lag }) => lag[which])).toFixed(1)} ms`),
  ]
  printTable(['median of each', 'probes a second', 'CPU per 1,000', 'loop lag p50', 'p99', 'max'], [
    row('followTargets', runs.map(([ours]) => ours)), row('net.connect alone', runs.map(([, bare]) => bare)),
  ])
  say('')
  printGoal('CPU, followTargets / net.connect alone, median of pairs', ratioOf(runs.map(([ours, bare]) => [cpuPerThousand(ours), cpuPerThousand(bare)])), 'at most 1.25')
}

async function measureOther(other: OtherProber, listeners: Listeners, dir: string, bare: number): Promise<void> {
  if (!await isInstalled(other)) {
    say(`${other.name}: not installed (${other.program})`)
    return
  }
  const { pid, stop } = await other.start(Array.from({ length: targets }, (_, index) => `${loopbackAddress(index)}:${listeners.port}`), dir)
  try {
    await sleep(3000)
    const read = async (): Promise<readonly [number, number]> => [await cpuMsOf(pid), await listeners.connections()]
    const [cpuBefore, countBefore] = await read()
    await sleep(seconds * 1000)
    const [cpuMs, count] = await read()
    const each = cpuPerThousand({ cpuMs: cpuMs - cpuBefore, probes: count - countBefore })
    say(`${other.name}: ${Math.round((count - countBefore) / seconds)} probes a second, ${cpuText(each)} of CPU per 1,000, ${(each / bare).toFixed(2)} of net.connect alone`)
  } finally {
    await stop()
  }
}

function cpuText(seconds: number): string {
  return `${seconds.toFixed(3)} s`
}
