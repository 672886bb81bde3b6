import { isIP } from 'node:net'
import pLimit from 'p-limit'
import { type Family, type ResolverSettings } from '../model/declared.ts'
import { type Resolution } from '../model/observed.ts'
import { type ResolveHosts } from '../model/ports.ts'
import { type Ask, askServers, rounds } from './ask-servers.ts'
import { isDnsName, type Question } from './dns-message.ts'
import { type NameServer, parseNameServer, readResolvConf } from './name-servers.ts'
import { type Reading } from './read-answer.ts'
import { within } from './within.ts'

export type AskSettings = Pick<ResolverSettings, 'nameservers' | 'timeoutSeconds' | 'minTTLSeconds' | 'maxTTLSeconds'>
type Ending = Exclude<Reading, { kind: 'alias' }>

/** A burst into a small server's socket buffer loses packets, and each costs a full time-out. */
const mostInFlight = 64
/** Questions for one host and type, where servers answer with the bare alias and leave the rest to us. */
const mostQuestions = 8

const recordTypes = { IPv4: 'A', IPv6: 'AAAA' } as const

/**
 * The resolver of a process. `now` is wall-clock time in ms; it dates the answers. Without name servers in the
 * settings the machine's own are read anew in each pass, since they may change under a long run.
 * A question gets `timeoutSeconds` at each server in each of two rounds, and the aliases it leads to share that time.
 * Throws where a name server of the settings is not one: the config was to refuse it.
 */
export function hostResolver(settings: AskSettings, now: () => number, machinesOwn = () => readResolvConf('/etc/resolv.conf')): ResolveHosts {
  const declared = settings.nameservers.map(mustParse)
  const timeoutMs = settings.timeoutSeconds * 1000
  return async (questions, signal) => {
    const servers = declared.length > 0 ? declared : await machinesOwn()
    const ask = askServers(servers, timeoutMs)
    const limit = pLimit(mostInFlight)
    const resolve = (name: string, family: Family): Promise<Resolution> => limit(async () => {
      const question = { name, type: recordTypes[family] }
      const ending = await within(rounds * servers.length * timeoutMs, signal, (end) => follow(question, ask, end))
      signal.throwIfAborted()
      return toResolution(ending, settings, now())
    })
    return new Map(await Promise.all([...questions].map(async ([host, families]) => {
      const answers = families.map(async (family) => [family, await resolve(host, family)] as const)
      return [host, Object.fromEntries(await Promise.all(answers))] as const
    })))
  }
}

/** Asks, and asks on for the end of a CNAME chain that the answer does not hold itself. */
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

/** A bare TTL never leaves this folder. TTL 0 would ask in a hot loop, one of years would never ask again. */
function toResolution(ending: Ending, settings: AskSettings, now: number): Resolution {
  if (ending.kind === 'failure') return { outcome: 'unknown', reason: ending.reason }
  const expiresAt = now + 1000 * Math.min(Math.max(ending.ttl, settings.minTTLSeconds), settings.maxTTLSeconds)
  if (ending.kind === 'found') return { outcome: 'found', addresses: ending.addresses, expiresAt }
  return { outcome: 'absent', reason: ending.reason, expiresAt }
}

function mustParse(text: string): NameServer {
  const server = parseNameServer(text)
  if (server === undefined) throw new Error(`Not a name server: ${text}`)
  return server
}
