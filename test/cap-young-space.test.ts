import { expect, test } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const module = fileURLToPath(new URL('../src/cap-young-space.ts', import.meta.url))

/** What V8's space for new objects has grown to, in MiB, after much was made that lives on. */
function youngSpaceAfter(start: string): number {
  const program = `
    import { setTimeout as wait } from 'node:timers/promises'
    import { getHeapSpaceStatistics } from 'node:v8'
    ${start}
    const kept = []
    for (let round = 0; round < 60; round++) {
      for (let i = 0; i < 20_000; i++) kept.push({ round, i, list: [i] })
      await wait(round < 20 ? 25 : 0)
    }
    console.log(getHeapSpaceStatistics().find((space) => space.space_name === 'new_space').space_size / 1024 / 1024, kept.length)`
  const said = execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', program], { encoding: 'utf8' })
  return parseFloat(said)
}

test('capYoungSpace() keeps the space for new objects small, which V8 would not', () => {
  expect(youngSpaceAfter(`import { capYoungSpace } from ${JSON.stringify(module)}; capYoungSpace()`)).toBeLessThanOrEqual(32)
  expect(youngSpaceAfter('')).toBeGreaterThan(32)
}, 30_000)
