// One service that is no longer declared: deleted, or released.

import { type AppliedService, type Change, type Removal } from '../model/changes.ts'
import { type Declared } from '../model/declared.ts'
import { type Target } from '../model/ports.ts'
import { planRemovals } from '../plan/plan-removals.ts'
import { deletesBeyond, newConflicts } from './conflicts.ts'
import { failureText, orFailed, type Unjudged } from './or-failed.ts'

export interface Removing {
  readonly declared: Pick<Declared, 'instance'>
  readonly target: Target
}

/** Deletes or releases one service that is no longer declared; rejects for a bug alone. */
export async function applyRemoval(removing: Removing, removal: Removal, signal: AbortSignal): Promise<AppliedService> {
  const { namespace, name, withheld } = removal
  const applied: Change[] = []
  const none = { namespace, name, addresses: [], applied }
  if (withheld !== undefined) return { ...none, status: 'withheld', messages: [withheld] }
  return orFailed(removeAll(removing, removal, none, signal), none, signal)
}

async function removeAll({ target, declared }: Removing, first: Removal, none: Unjudged, signal: AbortSignal): Promise<AppliedService> {
  const failed = (message: string): AppliedService => ({ ...none, status: 'failed', messages: [message] })
  const isWorthAnother = newConflicts()
  let removal = first
  for (;;) {
    const { applied, failure } = await target.write(removal.changes, signal)
    none.applied.push(...applied)
    if (failure === undefined) return { ...none, status: removal.kind === 'prune' ? 'removed' : 'released', messages: [] }
    if (!isWorthAnother(failure.kind)) return failed(failureText(failure))
    const current = await target.readService(first.namespace, first.name, signal)
    if (current.unreadable !== undefined) return failed(current.unreadable)
    const again = planRemovals([current], new Set(), declared.instance)[0] ?? { ...removal, changes: [] }
    if (again.withheld !== undefined) return { ...none, status: 'withheld', messages: [again.withheld] }
    const beyond = deletesBeyond(first, again)
    if (beyond !== undefined) return failed(beyond)
    removal = again
  }
}
