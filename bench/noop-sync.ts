// `sync` again with nothing to change, against parsing the same config with `yaml` alone and listing and parsing the
// same objects with undici alone.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type CountedRun, makeNamespace, runRegistrar, settle, withControlPlane } from './bench-cluster.ts'
import { configText } from './config-text.ts'
import { countsText, mebibytes, median, printGoal, printTable, ratioOf, say, seconds, title } from './figures.ts'
import { withRawPrograms } from './raw-programs.ts'
import { type Run } from './run-node.ts'

const count = 1000
const pairs = 9

export async function noopSync(): Promise<void> {
  title(`Sync of ${count} Services with nothing to change, ${pairs} pairs in turn`)
  await withRawPrograms((programs, dir) => withControlPlane(async (plane) => {
    const config = join(dir, 'ours.yaml')
    await writeFile(config, configText({ instance: 'ours', namespace: 'ours', count }))
    await makeNamespace(plane, 'ours')
    await runRegistrar(plane, ['sync', '-c', config, '--no-probe'])
    await settle(plane)
    const done: (readonly [CountedRun, Run])[] = []
    for (let pair = -1; pair < pairs; pair++) {
      const ours = await runRegistrar(plane, ['sync', '-c', config, '--no-probe'])
      const theirs = await programs.run('raw-reader', plane, ['ours', config])
      // The first pair warms the caches of compiled code.
      if (pair >= 0) done.push([ours, theirs])
    }
    printResults(done)
  }))
}

function printResults(results: readonly (readonly [CountedRun, Run])[]): void {
  const row = (name: string, runs: readonly Run[]): string[] => [
    name, seconds(median(runs.map(({ wallMs }) => wallMs))), seconds(median(runs.map(({ cpuMs }) => cpuMs))), mebibytes(median(runs.map(({ peakMiB }) => peakMiB))),
  ]
  printTable(['median of each', 'wall', 'client CPU', 'peak memory'], [
    row('sync --no-probe', results.map(([ours]) => ours)),
    row('yaml and undici alone', results.map(([, theirs]) => theirs)),
  ])
  say('')
  printGoal('Wall, sync / yaml and undici alone, median of pairs', ratioOf(results.map(([ours, theirs]) => [ours.wallMs, theirs.wallMs])), 'at most 1.5')
  printGoal('Write requests, all runs', String(results.reduce((sum, [{ requests }]) => sum + requests.writes, 0)), '0')
  for (const text of new Set(results.map(([{ requests }]) => countsText(requests.counts)))) say(`Requests of sync: ${text}`)
}
