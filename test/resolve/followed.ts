import { type ResolverSettings } from '../../src/model/declared.ts'
import { type Happening } from '../../src/model/happenings.ts'
import { type HostFollower, type HostQuestion } from '../../src/model/ports.ts'
import { followHosts, type FollowHostsOptions } from '../../src/resolve/follow-hosts.ts'
import { type FakeClock, fakeClock } from './fake-clock.ts'

/** Wall-clock time at which every test begins. */
export const epoch = 1_700_000_000_000
export const settings: ResolverSettings = {
  nameservers: ['192.0.2.53'], timeoutSeconds: 2, minTTLSeconds: 5, maxTTLSeconds: 3600, maxStaleSeconds: 86_400, whenStaleExpires: 'keep',
  absentConfirmations: 3, retainSeconds: 0, maxAddresses: 1000,
}

export const question = (of: Partial<HostQuestion> = {}): HostQuestion => ({ families: ['IPv4'], retainSeconds: 0, published: [], ...of })
export const questions = (hosts: readonly string[], of: Partial<HostQuestion> = {}): ReadonlyMap<string, HostQuestion> =>
  new Map(hosts.map((host) => [host, question(of)]))

export interface Followed {
  readonly follower: HostFollower
  readonly clock: FakeClock
  /** Who was called about. */
  readonly changed: string[]
  readonly told: Happening[]
  /** ms that the wall clock was moved by. */
  moved: number
}

/** A follower in a world where time goes on by command, and chance is always the least. */
export function followed(options: Partial<FollowHostsOptions> = {}): Followed {
  const clock = fakeClock()
  const start = clock.elapsed()
  const [changed, told]: [string[], Happening[]] = [[], []]
  const world = { clock, changed, told, moved: 0 }
  const follower = followHosts({
    now: () => epoch + clock.elapsed() - start + world.moved,
    changed: (host) => { changed.push(host) },
    tell: (happening) => { told.push(happening) },
    random: () => 0,
    clock,
    ...options,
  })
  return Object.assign(world, { follower })
}
