// One declared service: its changes in order, and where the world moved meanwhile another look and another plan.

import { setTimeout as sleep } from 'node:timers/promises'
import { type AppliedService, type Change, type ServicePlan, type ServiceStatus } from '../model/changes.ts'
import { type Declared, type DeclaredService } from '../model/declared.ts'
import { type Target, type WriteResult } from '../model/ports.ts'
import { unsafeChange } from '../plan/unsafe-change.ts'
import { deletesBeyond, newConflicts } from './conflicts.ts'
import { type Observation } from './observe.ts'
import { failureText, orFailed, type Unjudged } from './or-failed.ts'
import { planOne } from './plan-pass.ts'
import { type PassOptions } from './world.ts'

export interface Application {
  readonly declared: Declared
  readonly observation: Observation
  readonly target: Target
  readonly options: PassOptions
}

const mirrorWaitMs = 10_000
const mirrorPollMs = 500

/** What came of one service; rejects for a bug alone. */
export async function applyService(
  application: Application, declared: DeclaredService, plan: ServicePlan, signal: AbortSignal,
): Promise<AppliedService> {
  const { namespace, name, addresses, status, messages } = plan
  const none = { namespace, name, addresses, applied: [] }
  if (status === 'withheld') return { ...none, status, messages }
  return orFailed(writeAll(application, declared, plan, none, signal), none, signal)
}

/**
 * Writes what was planned. Somebody wrote in between (or our own create had gone through), or Endpoints are to be
 * mirrored before what they replace may go: then it looks again and decides again, until nothing is left to write.
 */
async function writeAll(
  application: Application, declared: DeclaredService, first: ServicePlan, { applied }: Unjudged, signal: AbortSignal,
): Promise<AppliedService> {
  const { target, observation, options } = application
  const result = resultOf(first, applied)
  const isWorthAnother = newConflicts()
  let plan = first
  for (let waitedMs = 0; ;) {
    const { failure, ...written } = await write(target, plan.changes, observation, signal)
    applied.push(...written.applied)
    if (failure !== undefined && !isWorthAnother(failure.kind)) return result(plan, 'failed', failureText(failure))
    if (failure === undefined) {
      const ending = endOf(plan, target, waitedMs)
      if (ending !== undefined) return result(plan, ...ending)
      await sleep(mirrorPollMs, undefined, { signal })
      waitedMs += mirrorPollMs
    }
    const current = await target.readService(declared.namespace, declared.name, signal)
    const again = planOne(application.declared, declared, current, observation, options)
    const beyond = deletesBeyond(first, again)
    if (beyond !== undefined) return result(again, 'failed', beyond)
    plan = again
  }
}

/** As what a plan that is written in full ends, and what is said of it; undefined where the mirror is waited for. */
function endOf({ status, awaitsMirror, afterwards }: ServicePlan, target: Target, waitedMs: number): readonly [ServiceStatus, ...string[]] | undefined {
  if (awaitsMirror !== true) return [status]
  // What is not stored is not mirrored.
  if (target.storesNothing === true) return [status, ...(afterwards === undefined ? [] : [afterwards])]
  if (waitedMs < mirrorWaitMs) return undefined
  return ['kept', `No mirrored EndpointSlice after ${mirrorWaitMs / 1000} s: this cluster may not mirror Endpoints`]
}

/** What the first plan said of what it wrote (an adoption) is still so; a later plan sees it as it is now. */
function resultOf(first: ServicePlan, applied: readonly Change[]) {
  return (plan: ServicePlan, status: ServiceStatus, ...more: readonly string[]): AppliedService => {
    const { namespace, name, addresses } = plan
    const before = applied.length === 0 ? [] : first.messages
    return { namespace, name, status, addresses, applied, messages: [...new Set([...before, ...plan.messages, ...more])] }
  }
}

/** The last look before the write: one slice with a port out of range freezes kube-proxy on every node. */
async function write(target: Target, changes: readonly Change[], { observed }: Observation, signal: AbortSignal): Promise<WriteResult> {
  for (const change of changes) {
    const message = unsafeChange(change, observed.refuse)
    if (message !== undefined) return { applied: [], failure: { change, kind: 'final', message } }
  }
  return changes.length === 0 ? { applied: [] } : target.write(changes, signal)
}
