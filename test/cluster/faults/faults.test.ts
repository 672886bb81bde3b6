// A short run of `npm run faults`: what takes minutes is left out, and no fault begins after half a minute. Always the same order.

import { expect, test } from '@jest/globals'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describeWithFaults } from './describe-with-faults.ts'

const longestMs = 300_000

describeWithFaults('faults', () => {
  test('never break traffic, touch what is foreign or let two write, and the world is true again soon after each', async () => {
    const main = fileURLToPath(new URL('../../faults/main.ts', import.meta.url))
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, '--quick', '--seed', '9', '--count', '100', '--minutes', '0.6'], {
      stdio: ['ignore', 'pipe', 'pipe'], timeout: longestMs - 10_000,
    })
    let text = ''
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk: string) => { text += chunk })
    const [code] = await once(child, 'close') as [number | null]
    for (const line of text.split('\n').filter((each) => each.startsWith('skipped: '))) process.stderr.write(`${line}\n`)
    expect({ code, text }).toEqual({ code: 0, text: expect.stringMatching(/ faults in /) })
  }, longestMs)
})
