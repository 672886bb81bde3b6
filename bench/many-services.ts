// Many services: does `validate` take linear time, and how much memory does a sync of 10,000 take that has nothing to do?
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeNamespace, runRegistrar, settle, withControlPlane } from './bench-cluster.ts'
import { configText } from './config-text.ts'
import { countsText, mebibytes, median, milliseconds, printGoal, printTable, say, seconds, title } from './figures.ts'
import { withRawPrograms } from './raw-programs.ts'
import { type Run, runNode } from './run-node.ts'

const files = 20
const most = 10_000
const counts = [1000, 5000, most]

export async function manyServices(): Promise<void> {
  await withRawPrograms(async (_programs, dir) => {
    for (const count of counts) await writeConfig(join(dir, String(count)), count)
    await validateTimes(dir)
    await syncMemory(join(dir, String(most)))
  })
}

async function writeConfig(folder: string, count: number): Promise<void> {
  await mkdir(folder)
  const each = count / files
  await Promise.all(Array.from({ length: files }, (_, file) =>
    writeFile(join(folder, `${String(file).padStart(2, '0')}.yaml`), configText({ instance: 'many', namespace: 'many', from: file * each, count: each, hasInstance: file === 0 }))))
  await writeFile(`${folder}.yaml`, configText({ instance: 'many', namespace: 'many', count }))
}

async function validateTimes(dir: string): Promise<void> {
  title('validate of many services')
  const runs = new Map<string, Run[]>()
  const sources = counts.flatMap((count) => [String(count), `${count}.yaml`])
  for (let round = 0; round < 3; round++) {
    for (const source of sources) runs.set(source, [...runs.get(source) ?? [], await runNode(['dist/main.js', 'validate', '-c', join(dir, source)])])
  }
  printTable(['services', 'wall', 'per service', 'client CPU', 'peak memory'], [...runs].map(([source, each]) => {
    const [wallMs, cpuMs, peakMiB] = (['wallMs', 'cpuMs', 'peakMiB'] as const).map((key) => median(each.map((run) => run[key])))
    const count = parseInt(source)
    return [`${count} in ${source.endsWith('.yaml') ? 'one file' : `${files} files`}`, seconds(wallMs ?? 0), `${((wallMs ?? 0) / count).toFixed(2)} ms`, milliseconds(cpuMs ?? 0), mebibytes(peakMiB ?? 0)]
  }))
}

async function syncMemory(config: string): Promise<void> {
  title(`Sync of ${most} services in ${files} files`)
  await withControlPlane(async (plane) => {
    await makeNamespace(plane, 'many')
    const sync = ['sync', '-c', config, '--no-probe']
    const first = await runRegistrar(plane, sync)
    await settle(plane)
    const again = [await runRegistrar(plane, sync), await runRegistrar(plane, sync), await runRegistrar(plane, sync)]
    const row = (name: string, { wallMs, cpuMs, peakMiB }: Run): string[] => [name, seconds(wallMs), seconds(cpuMs), mebibytes(peakMiB)]
    printTable(['', 'wall', 'client CPU', 'peak memory'], [row('new', first), ...again.map((run) => row('nothing to change', run))])
    say('')
    printGoal('Peak memory with nothing to change', mebibytes(Math.max(...again.map(({ peakMiB }) => peakMiB))), 'at most 384 MiB')
    say(`Requests of the first: ${countsText(first.requests.counts)}`)
    say(`Requests of the others: ${countsText(again[0]?.requests.counts ?? {})}`)
  })
}
