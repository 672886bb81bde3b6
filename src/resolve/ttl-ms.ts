import { type ResolverSettings } from '../model/declared.ts'

/** How long an answer is believed, in ms. TTL 0 would ask in a hot loop, one of years would never ask again. */
export function ttlMs(ttl: number, { minTTLSeconds, maxTTLSeconds }: Pick<ResolverSettings, 'minTTLSeconds' | 'maxTTLSeconds'>): number {
  return 1000 * Math.min(Math.max(ttl, minTTLSeconds), maxTTLSeconds)
}
