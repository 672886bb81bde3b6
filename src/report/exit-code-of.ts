import { exitCodes, type ExitCode } from '../exit-codes.ts'
import { type PassOutline } from './outline.ts'

/** The gravest of what happened. */
export function exitCodeOf({ verb, services, notes, guard }: PassOutline): ExitCode {
  const isIncomplete = services.some(({ status }) => status === 'failed' || status === 'refused' || status === 'kept')
  // Of what could not be read, `remove` cannot say that it is gone; a pass says it of each service that it concerns.
  const isUnknown = verb === 'remove' && notes.length > 0
  if (isIncomplete || isUnknown) return exitCodes.incomplete
  if (guard !== undefined) return exitCodes.guarded
  const isChanging = services.some(({ status, changes }) => status === 'planned' || (status !== 'withheld' && changes.length > 0))
  return verb === 'plan' && isChanging ? exitCodes.changes : exitCodes.done
}
