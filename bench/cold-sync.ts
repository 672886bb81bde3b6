// 1,000 new Services of three fixed addresses: `sync` against a raw writer of the same bodies. What a pair is compared
// by is the ratio of its two walls; who begins changes from pair to pair, and each pair has a control plane of its own.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type CountedRun, makeNamespace, runRegistrar, settle, withControlPlane } from './bench-cluster.ts'
import { configText } from './config-text.ts'
import { countsText, mebibytes, median, printGoal, printTable, ratioOf, say, seconds, title } from './figures.ts'
import { type RawPrograms, withRawPrograms } from './raw-programs.ts'
import { type Run, runNode } from './run-node.ts'

const count = 1000
const pairs = 5

interface Pair {
  readonly ours: CountedRun
  readonly theirs: Run
}

export async function coldSync(): Promise<void> {
  title(`Cold sync of ${count} Services with 3 addresses, ${pairs} pairs in turn`)
  const results = await withRawPrograms(async (programs, dir) => {
    const config = join(dir, 'ours.yaml')
    const bodies = join(dir, 'theirs.json')
    await writeFile(config, configText({ instance: 'ours', namespace: 'ours', count }))
    await writeFile(bodies, await renderedBodies(join(dir, 'theirs.yaml')))
    const done: Pair[] = []
    for (let pair = 0; pair < pairs; pair++) done.push(await runPair(programs, config, bodies, pair % 2 === 0))
    return done
  })
  printResults(results)
}

async function renderedBodies(config: string): Promise<string> {
  await writeFile(config, configText({ instance: 'theirs', namespace: 'theirs', count }))
  return (await runNode(['dist/main.js', 'render', '-c', config, '-o', 'json'])).output
}

function runPair({ run }: RawPrograms, config: string, bodies: string, isOursFirst: boolean): Promise<Pair> {
  return withControlPlane(async (plane) => {
    await makeNamespace(plane, 'ours')
    await makeNamespace(plane, 'theirs')
    const sync = (): Promise<CountedRun> => runRegistrar(plane, ['sync', '-c', config, '--no-probe'])
    const write = (): Promise<Run> => run('raw-writer', plane, [bodies])
    await settle(plane)
    if (isOursFirst) {
      const ours = await sync()
      await settle(plane)
      return { ours, theirs: await write() }
    }
    const theirs = await write()
    await settle(plane)
    return { theirs, ours: await sync() }
  })
}

function printResults(results: readonly Pair[]): void {
  const row = (name: string, runs: readonly Run[]): string[] => [
    name, seconds(median(runs.map(({ wallMs }) => wallMs))), seconds(median(runs.map(({ cpuMs }) => cpuMs))), mebibytes(median(runs.map(({ peakMiB }) => peakMiB))),
  ]
  printTable(['median of each', 'wall', 'client CPU', 'peak memory'], [
    row('sync --no-probe', results.map(({ ours }) => ours)),
    row('raw writer (undici)', results.map(({ theirs }) => theirs)),
  ])
  say('')
  printGoal('Wall, sync / raw writer, median of pairs', ratioOf(results.map(({ ours, theirs }) => [ours.wallMs, theirs.wallMs])), 'at most 1.25')
  for (const text of new Set(results.map(({ ours }) => countsText(ours.requests.counts)))) say(`Requests of sync: ${text}`)
}
