import { isIP } from 'node:net'
import { type Family } from '../model/declared.ts'
import { type Ask } from './ask-servers.ts'
import { isDnsName, type Question } from './dns-message.ts'
import { type Reading } from './read-answer.ts'
import { within } from './within.ts'

/** What one look-up came to, aliases followed. TTLs in seconds as they came. */
export type Ending = Exclude<Reading, { kind: 'alias' }>

/** Questions for one host and type, where servers answer with the bare alias and leave the rest to us. */
const mostQuestions = 8

const recordTypes = { IPv4: 'A', IPv6: 'AAAA' } as const

export function questionOf(host: string, family: Family): Question {
  return { name: host, type: recordTypes[family] }
}

/** Asks, and asks on for the end of a CNAME chain that the answer does not hold itself, all within `ms`. Never rejects. */
export function lookUp(question: Question, ask: Ask, ms: number, signal: AbortSignal): Promise<Ending> {
  return within(ms, signal, (ending) => follow(question, ask, ending))
}

async function follow(question: Question, ask: Ask, signal: AbortSignal): Promise<Ending> {
  let { name } = question
  let ttl = Infinity
  for (let asked = 0; asked < mostQuestions; asked++) {
    if (!isDnsName(name) || isIP(name) !== 0) return { kind: 'failure', reason: 'not a DNS name' }
    const reading = await ask({ ...question, name }, signal)
    if (reading.kind === 'failure') return reading
    ttl = Math.min(ttl, reading.ttl)
    if (reading.kind !== 'alias') return { ...reading, ttl }
    name = reading.name
  }
  return { kind: 'failure', reason: `CNAME loop, or more than ${mostQuestions} questions` }
}
