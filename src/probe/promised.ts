import { type Probe } from '../model/ports.ts'
import { type StartProbe } from './start-probe.ts'

/** One attempt to be waited for. Rejects with the signal's reason on abort, and on nothing else. */
export function promised(start: StartProbe): Probe {
  return (target, signal) => new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const stop = start(target, (outcome) => {
      signal.removeEventListener('abort', abort)
      resolve(outcome)
    })
    // The caller's signal may live as long as the process, so nothing may stay attached to it.
    signal.addEventListener('abort', abort, { once: true })
    function abort(): void {
      stop()
      reject(signal.reason as Error)
    }
  })
}
