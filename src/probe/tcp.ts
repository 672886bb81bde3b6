import { connect, isIPv6 } from 'node:net'
import { type ProbeOutcome, type ProbeTarget } from '../model/observed.ts'
import { attempt } from './attempt.ts'

/** Passes as soon as a connection is made; nothing is sent. */
export function probeTcp(target: ProbeTarget, signal: AbortSignal): Promise<ProbeOutcome> {
  const { address: host, port, check } = target
  return attempt(check.timeoutSeconds, signal, async (deadline) => {
    const socket = connect({ host, port, family: isIPv6(host) ? 6 : 4 })
    // By hand: with connect's own `signal` and events.once a probe costs 1.7 bare connections of CPU instead of 1.3.
    deadline.addEventListener('abort', () => { socket.destroy() })
    try {
      await new Promise<void>((resolve, reject) => { socket.once('connect', resolve).once('error', reject) })
      return { ok: true, reason: 'connected' }
    } finally {
      socket.destroy()
    }
  })
}
