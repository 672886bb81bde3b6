import { type AppliedService, type Change } from '../model/changes.ts'
import { TargetUnreachable, type WriteResult } from '../model/ports.ts'
import { whyAborted } from '../model/why-aborted.ts'

/** Of a service in the making: `applied` grows with each write, so that it is right whatever comes. */
export interface Unjudged extends Pick<AppliedService, 'namespace' | 'name' | 'addresses'> {
  readonly applied: Change[]
}

/** A service that the pass came too late for, or whose cluster went away, has failed; the others are not concerned. */
export async function orFailed(work: Promise<AppliedService>, none: Unjudged, signal: AbortSignal): Promise<AppliedService> {
  try {
    return await work
  } catch (error) {
    if (!signal.aborted && !(error instanceof TargetUnreachable)) throw error
    const message = signal.aborted ? whyAborted(signal) : (error as Error).message
    return { ...none, status: 'failed', messages: [message] }
  }
}

export function failureText({ change, message }: NonNullable<WriteResult['failure']>): string {
  const object = change.verb === 'delete' ? change.current : change.desired
  return `Cannot ${change.verb} ${object.kind} ${object.metadata.name}: ${message}`
}
