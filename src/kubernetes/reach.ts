import { TargetUnreachable } from '../model/ports.ts'
import { ClusterError, isUnreachable } from './cluster-error.ts'

/** Where nobody answers, or who answers does not know us, the whole target is unreachable: rejects with TargetUnreachable. */
export async function reach<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading
  } catch (error) {
    if (!(error instanceof ClusterError && isUnreachable(error))) throw error
    const message = error.status === 401 ? `The API server does not accept our credentials: ${error.message}` : error.message
    throw new TargetUnreachable(message, { cause: error })
  }
}
