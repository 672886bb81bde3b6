import { type Clock, processClock } from './clock.ts'
import { type Question, type Reply } from './dns-message.ts'
import { exchange } from './exchange.ts'
import { type NameServer } from './name-servers.ts'
import { readAnswer, type Reading } from './read-answer.ts'
import { within } from './within.ts'

/** Puts one question to the name servers until one of them answers or the signal ends it. Never rejects. */
export type Ask = (question: Question, signal: AbortSignal) => Promise<Reading>

/** How often each server is asked, as resolver(5) has it: one lost packet is no outage. */
export const rounds = 2
/** So many time-outs in a row, and later questions go to this server last and once: a dead one does not cost each its time. */
const silenceThreshold = 3
/** So often one question tries a silent server in its turn: it may be back, and it is first in the list for a reason. */
export const trialMs = 30_000

interface Silence {
  readonly timeouts: number
  readonly trialAt: number
}

/**
 * Asks in the order of the list, each server within `timeoutMs`, and goes to the next on every failure: SERVFAIL, REFUSED,
 * lame and malformed answers too. What is learned of silent servers lasts as long as the returned function.
 */
export function askServers(servers: readonly NameServer[], timeoutMs: number, { elapsed }: Pick<Clock, 'elapsed'> = processClock): Ask {
  const silences = new Map<NameServer, Silence>()

  /** Whether a server has to wait for the others. The one question that finds its trial due takes it. */
  function isSilent(server: NameServer): boolean {
    const { timeouts, trialAt } = silences.get(server) ?? { timeouts: 0, trialAt: 0 }
    if (timeouts < silenceThreshold) return false
    const isTrialDue = elapsed() >= trialAt
    if (isTrialDue) silences.set(server, { timeouts, trialAt: elapsed() + trialMs })
    return !isTrialDue
  }

  async function askOne(server: NameServer, question: Question, signal: AbortSignal): Promise<Reading> {
    const reply = await within(timeoutMs, signal, (ending) => exchange(server, question, ending))
    if (!isTimeout(reply)) silences.delete(server)
    // Who stopped waiting has not met silence.
    else if (!signal.aborted) silences.set(server, { timeouts: (silences.get(server)?.timeouts ?? 0) + 1, trialAt: elapsed() + trialMs })
    return readReply(reply, question)
  }

  return async (question, signal) => {
    const { lively = [], silent = [] } = Object.groupBy(servers, (server) => isSilent(server) ? 'silent' : 'lively')
    const reasons = new Set<string>()
    for (const server of [...lively, ...silent, ...lively]) {
      if (signal.aborted) break
      const reading = await askOne(server, question, signal)
      if (reading.kind !== 'failure') return reading
      reasons.add(reading.reason)
    }
    // Without a reason there was not even a try: the aliases before had used up the time.
    return { kind: 'failure', reason: reasons.size > 0 ? [...reasons].join(', ') : 'timeout' }
  }
}

function isTimeout(reply: Reply): boolean {
  return reply.kind === 'failure' && reply.reason === 'timeout'
}

function readReply(reply: Reply, question: Question): Reading {
  if (reply.kind === 'message') return readAnswer(reply.message, question)
  return reply.kind === 'failure' ? reply : { kind: 'failure', reason: 'truncated answer' }
}
