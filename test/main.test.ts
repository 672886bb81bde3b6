import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from '@jest/globals'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** Runs `schema` on a Node that takes itself for one of this version. */
function runOn(version: string): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  const pretence = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`
  const args = ['--disable-warning=ExperimentalWarning', '--import', `data:text/javascript,${encodeURIComponent(pretence)}`, main, 'schema']
  return spawnSync(process.execPath, args, { encoding: 'utf8' })
}

describe('main.ts', () => {
  test.each(['18.20.8', '20.20.2', '22.18.0'])('says that Node %s is too old, where its packages would crash at import', (version) => {
    expect(runOn(version)).toMatchObject({ status: 2, stdout: '', stderr: expect.stringMatching(/^Needs Node 22\.19 or newer, and this is v/) })
  })

  test.each(['22.19.0', '24.0.0'])('runs on Node %s', (version) => {
    expect(runOn(version)).toMatchObject({ status: 0, stderr: '' })
  })

  test('asks for the Node that undici asks for', async () => {
    const { engines } = JSON.parse(await readFile(new URL('../node_modules/undici/package.json', import.meta.url), 'utf8')) as { engines: { node: string } }
    expect(engines.node).toBe('>=22.19.0')
  })
})
