// What a start costs: `validate` of a one-service file against a bare Node, and the Kubernetes client as it is bundled
// against the package as it comes.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { configText } from './config-text.ts'
import { mebibytes, median, milliseconds, printGoal, printTable, ratioOf, say, title } from './figures.ts'
import { type Run, runNode, wallOf } from './run-node.ts'

const rounds = 21
const names = ['bare', 'bundled', 'whole'] as const

export async function start(): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'endpoint-registrar-bench-'))
  try {
    const config = join(dir, 'one.yaml')
    await writeFile(config, configText({ instance: 'bench', namespace: 'bench', count: 1 }))
    startOfValidate(['dist/main.js', 'validate', '-c', config], dir)
    await loadedFiles(config)
    await importOfClient(dir)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

function startOfValidate(validate: readonly string[], dir: string): void {
  title(`Start: validate of a one-service file, ${rounds} rounds in turn`)
  const warm = { NODE_COMPILE_CACHE: join(dir, 'compile-cache') }
  const runs = Array.from({ length: rounds + 1 }, () => ({
    bare: wallOf(['-e', '0']), warm: wallOf(validate, warm), cold: wallOf(validate, { NODE_DISABLE_COMPILE_CACHE: '1' }),
  })).slice(1)
  const row = (name: string, of: (run: (typeof runs)[number]) => number): string[] => [name, milliseconds(median(runs.map(of))), milliseconds(Math.min(...runs.map(of)))]
  printTable(['', 'median', 'least'], [
    row('node -e 0', ({ bare }) => bare), row('validate, compiled code cached', (run) => run.warm), row('validate, nothing cached', ({ cold }) => cold),
  ])
  say('')
  printGoal('Wall, validate / node -e 0, cached', ratioOf(runs.map((run) => [run.warm, run.bare])), 'at most 3')
  say(`Wall, validate / node -e 0, nothing cached: ${ratioOf(runs.map((run) => [run.cold, run.bare]))}`)
}

const reportLoads = fileURLToPath(new URL('report-loads.ts', import.meta.url))

async function loadedFiles(config: string): Promise<void> {
  const { output } = await runNode(['--import', reportLoads, 'dist/main.js', 'validate', '-c', config])
  const files = output.split('\n').filter((line) => line.startsWith('file:')).map((url) => relative('.', fileURLToPath(url)))
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')))
  const bytes = texts.reduce((sum, text) => sum + text.length, 0)
  say(`\nLoaded by validate: ${files.length} files, ${Math.round(bytes / 1024)} KiB: ${files.join(' ')}`)
  printGoal('The Kubernetes client among them', texts.some((text) => text.includes('loadFromCluster')) ? 'yes' : 'no', 'no')
}

async function importOfClient(dir: string): Promise<void> {
  title('Import of the Kubernetes client, as bundled and as the package comes')
  const clientChunk = (await readdir('dist')).find((name) => /^client-.*\.js$/.test(name)) ?? ''
  const programs = { bare: '', bundled: importOf(pathToFileURL(join(process.cwd(), 'dist', clientChunk))), whole: importOf(new URL(import.meta.resolve('@kubernetes/client-node'))) }
  const runs: Record<keyof typeof programs, Run[]> = { bare: [], bundled: [], whole: [] }
  const measure = (name: keyof typeof programs): Promise<Run> =>
    runNode(['--input-type=module', '--eval', programs[name]], { NODE_COMPILE_CACHE: join(dir, 'client-cache') })
  for (const name of names) await measure(name)
  for (let round = 0; round < 7; round++) {
    for (const name of names) runs[name].push(await measure(name))
  }
  const beyond = (name: keyof typeof programs, of: (run: Run) => number): number => median(runs[name].map(of)) - median(runs.bare.map(of))
  const row = (what: string, name: keyof typeof programs): string[] =>
    [what, milliseconds(beyond(name, ({ wallMs }) => wallMs)), milliseconds(beyond(name, ({ cpuMs }) => cpuMs)), mebibytes(beyond(name, ({ peakMiB }) => peakMiB))]
  printTable(['beyond a bare start', 'wall', 'CPU', 'memory'], [row('bundled', 'bundled'), row('@kubernetes/client-node', 'whole')])
  say('')
  const share = (of: (run: Run) => number): string => `${Math.round(beyond('bundled', of) * 100 / beyond('whole', of))}%`
  printGoal('Bundled of whole', `${share(({ wallMs }) => wallMs)} of the wall, ${share(({ peakMiB }) => peakMiB)} of the memory`, 'about a third')
}

function importOf(url: URL): string {
  return `await import(${JSON.stringify(url.href)})`
}
