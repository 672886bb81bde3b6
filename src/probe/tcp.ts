import { connect } from 'node:net'
import { type NoAttempt, type ProbeOutcome, type ProbeTarget } from '../model/observed.ts'
import { type Finding, withinDeadline } from './within-deadline.ts'

const connected: Finding = { ok: true, reason: 'connected' }

/** Passes as soon as a connection is made; nothing is sent. */
export function probeTcp({ address: host, port, check }: ProbeTarget, signal: AbortSignal): Promise<ProbeOutcome | NoAttempt> {
  return withinDeadline(check.timeoutSeconds, signal, (found, failed) => {
    const socket = connect({ host, port })
    socket.on('connect', () => { found(connected) }).on('error', failed)
    return () => { socket.destroy() }
  })
}
