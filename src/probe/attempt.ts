import { type NoAttempt, type ProbeOutcome } from '../model/observed.ts'
import { type Finding, withinDeadline } from './within-deadline.ts'

/**
 * Runs one attempt of several steps within a total deadline. `run` returns what it found or throws what the socket said;
 * its signal ends with the deadline, also where `run` waits for what cannot be aborted. Rejects as withinDeadline does.
 */
export function attempt(
  timeoutSeconds: number,
  signal: AbortSignal,
  run: (signal: AbortSignal) => Promise<Finding>,
): Promise<ProbeOutcome | NoAttempt> {
  return withinDeadline(timeoutSeconds, signal, (found, failed) => {
    const end = new AbortController()
    run(end.signal).then(found, failed)
    return () => { end.abort() }
  })
}
