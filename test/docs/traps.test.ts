// docs/traps.md names files and tests: a guard that moved or a test that was renamed shows here.

import { readFile } from 'node:fs/promises'
import { describe, expect, test } from '@jest/globals'

const root = new URL('../../', import.meta.url)

interface Row {
  readonly trap: string
  readonly guards: readonly string[]
  readonly tests: readonly (readonly [file: string, title: string])[]
}

async function readRows(): Promise<readonly Row[]> {
  const lines = (await readFile(new URL('docs/traps.md', root), 'utf8')).split('\n').filter((line) => line.startsWith('| ') && line.includes('`'))
  return lines.map((line) => {
    const [, , trap = '', guards = '', tests = ''] = line.split('|').map((cell) => cell.trim())
    return {
      trap,
      guards: [...guards.matchAll(/`([^`]+)`/g)].map(([, file = '']) => file),
      tests: tests.split('<br>').flatMap((text) => [...text.matchAll(/`(test\/[^`]+)`: (.+)/g)].map(([, file = '', title = '']) => [file, title] as const)),
    }
  })
}

describe('docs/traps.md', () => {
  test('is read', async () => {
    const rows = await readRows()
    expect(rows.length).toBeGreaterThan(50)
    expect(rows.flatMap(({ tests }) => tests).length).toBeGreaterThan(rows.length)
  })

  test('names guards and tests that are there', async () => {
    const text = async (file: string): Promise<string> => (await readFile(new URL(file, root), 'utf8').catch(() => '')).replaceAll('\\\'', '\'')
    const missingOf = async ({ trap, guards, tests }: Row): Promise<readonly string[]> => [
      ...await Promise.all(guards.map(async (guard) => await text(guard) === '' ? `${trap}: ${guard}` : '')),
      ...await Promise.all(tests.map(async ([file, title]) => (await text(file)).includes(title) ? '' : `${trap}: ${file}: ${title}`)),
    ]
    const missing = (await Promise.all((await readRows()).map(missingOf))).flat().filter((each) => each !== '')
    expect(missing).toEqual([])
  })
})
