import type { LeaseHolder } from '../app.ts'
import { tell } from './output.ts'
import { UsageError } from './usage-error.ts'

/** One writer: a controller that holds this instance's lease would write against us. */
export async function refuseWhileHeld(leaseHolder: LeaseHolder, { force }: { readonly force: boolean }, signal: AbortSignal): Promise<void> {
  if (force) return
  const holder = await leaseHolder(signal).catch(unknownWhereForbidden)
  if (holder !== undefined) throw new UsageError(`A controller is at work for this instance: the lease is held by ${holder}; --force writes all the same`)
}

function unknownWhereForbidden(error: unknown): undefined {
  if ((error as { readonly status?: number }).status !== 403) throw error
  tell('Warning: Leases may not be read, so whether a controller is at work for this instance is not known')
}
