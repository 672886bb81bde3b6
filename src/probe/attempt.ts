import { type Done } from './start-probe.ts'
import { type Finding, withinDeadline } from './within-deadline.ts'

/**
 * One attempt of several steps within a total deadline. `run` returns what it found or throws what the socket said; its
 * signal ends with the deadline, which holds also where `run` waits for what cannot be aborted. Returns what stops it.
 */
export function attempt(timeoutSeconds: number, run: (signal: AbortSignal) => Promise<Finding>, done: Done): () => void {
  return withinDeadline(timeoutSeconds, (found, failed) => {
    const end = new AbortController()
    run(end.signal).then(found, failed)
    return () => { end.abort() }
  }, done)
}
