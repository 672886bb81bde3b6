import { connect } from 'node:net'
import { type StartProbe } from './start-probe.ts'
import { type Finding, withinDeadline } from './within-deadline.ts'

const connected: Finding = { ok: true, reason: 'connected' }

/** Passes as soon as a connection is made; nothing is sent. */
export const probeTcp: StartProbe = ({ address: host, port, check }, done) =>
  withinDeadline(check.timeoutSeconds, (found, failed) => {
    // Cut off when it is over: a destroyed socket lives on until the next full garbage collection, with all it leads to.
    let told: { readonly found: typeof found; readonly failed: typeof failed } | undefined = { found, failed }
    const socket = connect({ host, port })
    socket.on('connect', () => told?.found(connected)).on('error', (error) => told?.failed(error))
    return () => {
      told = undefined
      socket.destroy()
    }
  }, done)
