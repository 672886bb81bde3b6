import { type ExitCode } from '../exit-codes.ts'
import { statusExitCode } from '../report/status-outline.ts'
import { findStatus, type StatusFlags } from './find-status.ts'
import { print } from './output.ts'

/** A line for each service: what a controller knows of it or, where none answers, what the objects say. */
export async function status(flags: StatusFlags, signal: AbortSignal): Promise<ExitCode> {
  const outline = await findStatus(flags, undefined, signal)
  const exitCode = statusExitCode(outline)
  if (flags.output === 'table') {
    const { printStatus } = await import('../report/print-status.ts')
    print(printStatus(outline, flags.verbose))
  } else {
    const { printData } = await import('../report/print-data.ts')
    print(printData({ verb: 'status', ...outline, exitCode }, flags.output))
  }
  return exitCode
}
