import pLimit from 'p-limit'
import { type Family, type ResolverSettings } from '../model/declared.ts'
import { type Resolution } from '../model/observed.ts'
import { type ResolveHosts } from '../model/ports.ts'
import { askServers, rounds } from './ask-servers.ts'
import { type Ending, lookUp, questionOf } from './look-up.ts'
import { declaredServers, readResolvConf } from './name-servers.ts'
import { ttlMs } from './ttl-ms.ts'

export type AskSettings = Pick<ResolverSettings, 'nameservers' | 'timeoutSeconds' | 'minTTLSeconds' | 'maxTTLSeconds'>

/** A burst into a small server's socket buffer loses packets, and each costs a full time-out. */
const mostInFlight = 64

/**
 * The resolver of one pass. `now` is wall-clock time in ms; it dates the answers. Without name servers in the
 * settings the machine's own are read anew in each pass, since they may change under a long run.
 * A question gets `timeoutSeconds` at each server in each of two rounds, and the aliases it leads to share that time.
 * Throws where a name server of the settings is not one: the config was to refuse it.
 */
export function hostResolver(settings: AskSettings, now: () => number, machinesOwn = () => readResolvConf('/etc/resolv.conf')): ResolveHosts {
  const declared = declaredServers(settings)
  const timeoutMs = settings.timeoutSeconds * 1000
  return async (questions, signal) => {
    const servers = declared ?? await machinesOwn()
    const ask = askServers(servers, timeoutMs)
    const limit = pLimit(mostInFlight)
    const resolve = (host: string, family: Family): Promise<Resolution> => limit(async () => {
      const ending = await lookUp(questionOf(host, family), ask, rounds * servers.length * timeoutMs, signal)
      signal.throwIfAborted()
      return toResolution(ending, settings, now())
    })
    return new Map(await Promise.all([...questions].map(async ([host, families]) => {
      const answers = families.map(async (family) => [family, await resolve(host, family)] as const)
      return [host, Object.fromEntries(await Promise.all(answers))] as const
    })))
  }
}

/** A bare TTL never leaves this folder. */
function toResolution(ending: Ending, settings: AskSettings, now: number): Resolution {
  if (ending.kind === 'failure') return { outcome: 'unknown', reason: ending.reason }
  const expiresAt = now + ttlMs(ending.ttl, settings)
  if (ending.kind === 'found') return { outcome: 'found', addresses: ending.addresses, expiresAt }
  return { outcome: 'absent', reason: ending.reason, expiresAt }
}
