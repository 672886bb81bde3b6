// The process's edge towards a person or a pipe: results on standard output, everything else on standard error.

import { type Progress } from '../controller/side-by-side.ts'
import { type PassOutline } from '../report/outline.ts'
import { exitCodeOf } from '../report/exit-code-of.ts'
import { type ExitCode } from '../exit-codes.ts'
import { type Flags } from './options.ts'

export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

export function tell(text: string): void {
  process.stderr.write(`${text}\n`)
}

/** Prints what a pass would do or did, and says which exit code that is. */
export async function printOutline(outline: PassOutline, flags: Flags): Promise<ExitCode> {
  const exitCode = exitCodeOf(outline)
  if (flags.output === 'table') {
    const { printPass } = await import('../report/print-pass.ts')
    print(printPass(outline, flags.verbose))
  } else {
    const { printData } = await import('../report/print-data.ts')
    print(printData({ ...outline, exitCode }, flags.output))
  }
  return exitCode
}

const isLong = 50

/** A bar for a long pass before a person; nothing when piped. Ends with its `stop`. */
export async function progressBar(): Promise<{ readonly progress: Progress; readonly stop: () => void }> {
  if (!process.stderr.isTTY) return { progress: () => undefined, stop: () => undefined }
  const { default: cliProgress } = await import('cli-progress')
  const bar = new cliProgress.SingleBar({ format: '{bar} {value}/{total} services {eta_formatted}', stream: process.stderr, clearOnComplete: true })
  let isStarted = false
  return {
    progress: (done, total) => {
      if (total < isLong) return
      if (!isStarted) bar.start(total, done)
      isStarted = true
      bar.update(done)
    },
    stop: () => { if (isStarted) bar.stop() },
  }
}
