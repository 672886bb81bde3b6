import { setTimeout as sleep } from 'node:timers/promises'
import { styleText } from 'node:util'
import { type LogLine } from './log-text.ts'
import { type WatchedRun } from './watched-run.ts'

export interface Change {
  /** What happens, in one line. */
  readonly what: string
  readonly act: () => Promise<unknown>
  /** What then is so, in one line. */
  readonly then: string
  /** Asked every few ms, with what was said since the last change, until it answers true. */
  readonly isSo: (said: readonly LogLine[]) => Promise<boolean> | boolean
}

// What takes a second here may take ten on a machine that is busy with other things.
const patienceMs = 20_000
// The log follows what it tells.
const settleMs = 150

/** Changes the world, and shows what comes of it and how soon. Rejects where it does not come. */
export async function showChange(run: WatchedRun, { what, act, then, isSo }: Change): Promise<void> {
  process.stdout.write(`\n${styleText('cyan', what)}\n`)
  run.change()
  const giveUpAt = performance.now() + patienceMs
  await act()
  while (!await isSo(run.said())) {
    if (run.exitCode() !== undefined) throw new Error(`run ended with exit code ${run.exitCode() ?? 'by a signal'}`)
    if (performance.now() > giveUpAt) throw new Error(`Not so after ${patienceMs / 1000} s: ${then}`)
    await sleep(10)
  }
  const took = run.elapsed()
  await sleep(settleMs)
  run.forget()
  process.stdout.write(styleText('green', `✓ ${took}  ${then}\n`))
}
