// The layer rules hold, and each of them bites: a checker that reads nothing finds nothing either.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { cruise, type ICruiseResult } from 'dependency-cruiser'
import extractDepcruiseOptions from 'dependency-cruiser/config-utl/extract-depcruise-options'
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config'

async function check(baseDir: string): Promise<ICruiseResult> {
  const options = await extractDepcruiseOptions('./.dependency-cruiser.cjs')
  const { output } = await cruise(['src'], { ...options, validate: true, baseDir }, undefined, { tsConfig: extractTSConfig('./tsconfig.json') })
  if (typeof output === 'string') throw new Error('Expected a structured result')
  return output
}

function violations({ summary }: ICruiseResult): string[] {
  return summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`)
}

test('src obeys the layer rules, and was really read', async () => {
  const result = await check(process.cwd())
  expect(violations(result)).toEqual([])
  expect(result.summary.totalCruised).toBeGreaterThan(100)
  const syncImports = result.modules.find(({ source }) => source === 'src/controller/sync.ts')?.dependencies.map(({ resolved }) => resolved)
  expect(syncImports).toContain('src/controller/observe.ts')
}, 60_000)

/** What may not be: rule, importing file, imported file. */
const forbidden = [
  ['model-knows-nothing', 'src/model/a.ts', 'src/address/a.ts'],
  ['model-knows-nothing', 'src/model/core.ts', 'node:fs'],
  ['address-knows-the-model-alone', 'src/address/b.ts', 'src/config/a.ts'],
  ['address-knows-the-model-alone', 'src/address/core.ts', 'node:fs'],
  ['core-is-pure', 'src/desired/core.ts', 'node:fs'],
  ['core-is-pure', 'src/plan/npm.ts', 'axios'],
  ['core-is-pure', 'src/desired/address.ts', 'src/address/a.ts'],
  ['core-is-pure', 'src/probe/threshold.ts', 'src/probe/a.ts'],
  ['stages-do-not-know-each-other', 'src/plan/b.ts', 'src/desired/a.ts'],
  ['stages-do-not-know-each-other', 'src/kubernetes/b.ts', 'src/directory/a.ts'],
  ['stages-do-not-know-each-other', 'src/resolve/b.ts', 'src/config/a.ts'],
  ['stages-know-shared-nouns-alone', 'src/probe/b.ts', 'src/controller/a.ts'],
  ['only-kubernetes-imports-the-client', 'src/directory/client.ts', '@kubernetes/client-node'],
  ['only-kubernetes-imports-undici', 'src/probe/undici.ts', 'undici'],
  ['only-the-http-probe-imports-axios', 'src/probe/other.ts', 'axios'],
  ['only-resolve-imports-the-dns-codec', 'src/probe/dns.ts', 'dns-packet'],
  ['only-telemetry-imports-the-metrics', 'src/controller/metrics.ts', 'prom-client'],
  ['only-telemetry-imports-the-logger', 'src/controller/log.ts', 'pino'],
  ['only-telemetry-imports-the-logger', 'src/commands/log.ts', 'pino-pretty'],
  ['stages-do-not-know-each-other', 'src/telemetry/b.ts', 'src/kubernetes/a.ts'],
  ['stages-know-shared-nouns-alone', 'src/telemetry/c.ts', 'src/controller/a.ts'],
  ['only-the-command-line-imports-commander', 'src/report/commander.ts', 'commander'],
  ['controller-sees-ports-only', 'src/controller/b.ts', 'src/kubernetes/a.ts'],
  ['controller-sees-ports-only', 'src/controller/c.ts', 'src/address/a.ts'],
  ['report-sees-results-only', 'src/report/b.ts', 'src/kubernetes/a.ts'],
  ['only-app-wires', 'src/controller/d.ts', 'src/app.ts'],
  ['commands-leave-the-wiring-to-app', 'src/commands/b.ts', 'src/resolve/a.ts'],
  ['nothing-imports-main', 'src/app-too.ts', 'src/main.ts'],
  ['src-does-not-import-test', 'src/report/c.ts', 'test/a.ts'],
  ['not-to-dev-dep', 'src/report/d.ts', 'jest'],
  ['not-to-unresolvable', 'src/report/e.ts', 'src/report/gone.ts'],
  ['no-circular', 'src/config/one.ts', 'src/config/two.ts'],
] as const

/** What may be: each layer with what it stands on. */
const allowed = [
  ['src/model/b.ts', 'src/model/a.ts'],
  ['src/address/c.ts', 'src/model/a.ts'],
  ['src/plan/c.ts', 'src/model/a.ts'],
  ['src/resolve/c.ts', 'src/address/a.ts'],
  ['src/resolve/d.ts', 'dns-packet'],
  ['src/probe/http.ts', 'axios'],
  ['src/telemetry/d.ts', 'pino'],
  ['src/telemetry/e.ts', 'prom-client'],
  ['src/kubernetes/c.ts', '@kubernetes/client-node'],
  ['src/controller/e.ts', 'src/plan/a.ts'],
  ['src/report/f.ts', 'src/controller/a.ts'],
  ['src/commands/c.ts', 'src/app.ts'],
  ['src/app.ts', 'src/kubernetes/a.ts'],
] as const

describe('each layer rule', () => {
  let planted: string
  let found: string[]

  beforeAll(async () => {
    planted = await mkdtemp(join(tmpdir(), 'layers-'))
    await plant(planted)
    found = violations(await check(planted))
  }, 60_000)

  afterAll(() => rm(planted, { recursive: true, force: true }))

  test.each(forbidden)('%s refuses %s -> %s', (rule, from, to) => {
    expect(found.filter((each) => each.startsWith(`${rule}: ${from} -> `)).map((each) => each.includes(lastPart(to)))).toContain(true)
  })

  test.each(allowed)('%s may import %s', (from, to) => {
    expect(found.filter((each) => each.includes(`: ${from} -> `) && each.includes(lastPart(to)))).toEqual([])
  })

  test('has a plant of its own here, but for orphans, which are every lonely plant', async () => {
    const { ruleSet } = await extractDepcruiseOptions('./.dependency-cruiser.cjs') as { ruleSet?: { forbidden?: { name?: string }[] } }
    const names = (ruleSet?.forbidden ?? []).map(({ name }) => name ?? '')
    expect(names.length).toBeGreaterThan(15)
    expect(names.filter((name) => name !== 'no-orphans' && !forbidden.some(([rule]) => rule === name))).toEqual([])
    expect(found).toContain('no-orphans: src/report/lonely.ts -> src/report/lonely.ts')
  })
})

async function plant(folder: string): Promise<void> {
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  const packages = ['axios', 'undici', 'dns-packet', 'commander', 'pino', 'pino-pretty', 'prom-client', '@kubernetes/client-node', 'jest']
  await write('package.json', JSON.stringify({
    type: 'module', dependencies: Object.fromEntries(packages.slice(0, -1).map((name) => [name, '1.0.0'])), devDependencies: { jest: '1.0.0' },
  }))
  for (const name of packages) {
    await write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' }))
    await write(`node_modules/${name}/index.js`, 'module.exports = {}\n')
  }
  const imports = [...forbidden.map(([, from, to]) => [from, to] as const), ...allowed, ['src/config/two.ts', 'src/config/one.ts'] as const]
  for (const [, to] of imports) if (to.endsWith('/a.ts') || to === 'src/main.ts') await write(to, 'export const thing = 1\n')
  for (const [from, to] of imports) {
    const path = to.includes('.ts') ? `${'../'.repeat(from.split('/').length - 1)}${to}` : to
    await write(from, `import * as thing from '${path}'\nexport const other = thing\n`)
  }
  await write('src/report/lonely.ts', 'export const alone = 1\n')
}

function lastPart(path: string): string {
  return path.replace(/^node:/, '')
}
