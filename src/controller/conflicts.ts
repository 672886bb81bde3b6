import { deletesService } from '../plan/guard.ts'
import { type Change } from '../model/changes.ts'
import { type WriteResult } from '../model/ports.ts'

type FailureKind = NonNullable<WriteResult['failure']>['kind']

const maxReplans = 3

/** Whether a failure is worth another look: what somebody else wrote three times, an object that a create met once. */
export function newConflicts(): (kind: FailureKind) => boolean {
  let stale = 0
  let met = 0
  return (kind) => (kind === 'stale' && ++stale <= maxReplans) || (kind === 'exists' && ++met <= 1)
}

/** The guard has counted what the first plan deletes, and sees no other. */
export function deletesBeyond(first: { readonly changes: readonly Change[] }, again: { readonly changes: readonly Change[] }): string | undefined {
  return deletesService(again) && !deletesService(first)
    ? 'Since it was planned it has come to need the deletion of its Service, which this pass did not plan: run it again' : undefined
}
