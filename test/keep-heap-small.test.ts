import { expect, test } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const module = fileURLToPath(new URL('../src/keep-heap-small.ts', import.meta.url))

/** MiB of heap after much was made, of which a little lives on. */
function heapAfter(start: string): number {
  const program = `
    import { setTimeout as wait } from 'node:timers/promises'
    ${start}
    let kept = []
    for (let round = 0; round < 60; round++) {
      if (round % 10 === 0) kept = []
      for (let i = 0; i < 20_000; i++) kept.push({ round, i, list: [i] })
      await wait(0)
    }
    kept = kept.slice(0, 1000)
    for (let round = 0; round < 30; round++) {
      JSON.stringify(Array.from({ length: 20_000 }, (_, i) => ({ i })))
      await wait(0)
    }
    console.log(process.memoryUsage().heapTotal / 1024 / 1024, kept.length)`
  const said = execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', program], { encoding: 'utf8' })
  return parseFloat(said)
}

test('keepHeapSmall() leaves a heap of less than half of what V8 would take', () => {
  const small = heapAfter(`import { keepHeapSmall } from ${JSON.stringify(module)}; keepHeapSmall()`)
  expect(small).toBeLessThan(heapAfter('') / 2)
}, 60_000)
