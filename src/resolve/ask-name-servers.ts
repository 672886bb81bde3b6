import { type ResolverSettings } from '../model/declared.ts'
import { type Ask, askServers, rounds } from './ask-servers.ts'
import { type Clock } from './clock.ts'
import { type Question } from './dns-message.ts'
import { type Ending, lookUp } from './look-up.ts'
import { declaredServers, type NameServer } from './name-servers.ts'

export type ServerSettings = Pick<ResolverSettings, 'nameservers' | 'timeoutSeconds'>

/** One look-up by the settings of the moment. Ends with the signal; what it then answers means nothing. */
export type AskNameServers = (question: Question, settings: ServerSettings, signal: AbortSignal) => Promise<Ending>

/** How old the machine's own list may be: it changes under a long run, and no question waits for a file. */
export const rereadMs = 30_000

interface Asking {
  readonly of: string
  readonly ask: Ask
}

/**
 * Looks up for months: what is learned of silent servers lasts from question to question, until the servers or their
 * time are others. Without declared servers the machine's own are asked.
 */
export function askNameServers(machinesOwn: () => Promise<readonly NameServer[]>, clock: Pick<Clock, 'elapsed'>): AskNameServers {
  const ownServers = readNowAndThen(machinesOwn, clock)
  let asking: Asking | undefined

  function askOf(servers: readonly NameServer[], timeoutMs: number): Ask {
    const of = JSON.stringify([servers, timeoutMs])
    if (asking?.of !== of) asking = { of, ask: askServers(servers, timeoutMs, clock) }
    return asking.ask
  }

  return async (question, settings, signal) => {
    const servers = declaredServers(settings) ?? await ownServers()
    const timeoutMs = settings.timeoutSeconds * 1000
    return lookUp(question, askOf(servers, timeoutMs), rounds * servers.length * timeoutMs, signal)
  }
}

/** What was read last, while it is young enough; questions that come together share one reading. */
function readNowAndThen<T>(read: () => Promise<T>, { elapsed }: Pick<Clock, 'elapsed'>): () => Promise<T> {
  let last: { readonly at: number; readonly value: Promise<T> } | undefined
  return () => {
    if (last === undefined || elapsed() - last.at >= rereadMs) last = { at: elapsed(), value: read() }
    return last.value
  }
}
