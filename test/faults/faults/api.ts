// What the API server, and the way to it, do to the registrars: to the one that leads, or to both.

import { type End, type PlatformFault, type PlatformScene } from '../fault.ts'
import { type Misbehaviour } from '../fault-proxy.ts'
import { dripping, expiringWatches, garbling, hanging, refusing, resettingMidBody } from '../misbehaviours.ts'
import { type Random } from '../random.ts'
import { type Registrar } from '../registrar-process.ts'
import { leaderOf, namespaces, type World } from '../world.ts'

/** Below the renew deadline of 10 s: the lease is kept. */
const brief = [1500, 5000] as const
/** 15 s of lease, and two retries. */
export const leaseMs = 15_000 + 2 * 2400
const callTimeoutMs = 5000

export function someOf(world: World, random: Random): readonly Registrar[] {
  const leader = leaderOf(world)
  return leader === undefined || random.next() < 0.3 ? world.registrars : [leader]
}

function apiFault(name: string, misbehaviourOf: () => Misbehaviour, more: Partial<PlatformFault> = {}): PlatformFault {
  return {
    name: `API: ${name}`, lane: 'platform', holdMs: brief, detectionMs: 0, weight: 3,
    begin: ({ world, random }: PlatformScene): End => {
      const proxies = someOf(world, random).map(({ proxy }) => proxy)
      for (const proxy of proxies) proxy.misbehaviour = misbehaviourOf()
      return () => { for (const proxy of proxies) proxy.misbehaviour = undefined }
    },
    ...more,
  }
}

function cutFor(name: string, holdMs: readonly [number, number], more: Partial<PlatformFault>): PlatformFault {
  return {
    name: `API: ${name}`, lane: 'platform', holdMs, detectionMs: 0,
    begin: async ({ world, random }: PlatformScene): Promise<End> => {
      const mends = await Promise.all(someOf(world, random).map(({ proxy }) => proxy.cut()))
      return async () => { await Promise.all(mends.map((mend) => mend())) }
    },
    ...more,
  }
}

const isServiceWrite = ({ isWrite, path }: { readonly isWrite: boolean; readonly path: string }): boolean => isWrite && !path.includes('/leases')

export const apiFaults: readonly PlatformFault[] = [
  apiFault('429 with Retry-After', () => refusing(429, 'TooManyRequests', { 'retry-after': '1' })),
  apiFault('500', () => refusing(500, 'InternalError')),
  apiFault('503', () => refusing(503, 'ServiceUnavailable')),
  apiFault('500 on watches', () => refusing(500, 'InternalError', {}, ({ isWatch }) => isWatch)),
  apiFault('reset in the middle of a body', () => resettingMidBody()),
  apiFault('answers that are no HTTP', () => garbling()),
  apiFault('hang', () => hanging(), { detectionMs: callTimeoutMs }),
  apiFault('slow drip', () => dripping(), { detectionMs: callTimeoutMs }),
  apiFault('409 on writes', () => refusing(409, 'Conflict', {}, isServiceWrite)),
  apiFault('410 on watches', () => expiringWatches('status')),
  apiFault('410 in watches', () => expiringWatches('event')),
  apiFault('403 on one namespace', () => refusing(403, 'Forbidden', {}, ({ path }) => path.includes(`/namespaces/${namespaces.other}/`))),
  {
    name: 'API: 401 until the token is rotated', lane: 'platform', holdMs: brief, detectionMs: 0, weight: 3,
    begin: ({ world, random }: PlatformScene): End => {
      const registrars = someOf(world, random)
      const token = `token-${random.between(1, 2 ** 30)}`
      for (const { proxy } of registrars) {
        proxy.token = token
        // Watches that stand are let stand; the server would do so too.
      }
      return async () => { await Promise.all(registrars.map(({ rotate }) => rotate(token))) }
    },
  },
  cutFor('cut off', [1500, 5000], { weight: 3 }),
  cutFor('cut off for 60 s', [60_000, 60_000], { detectionMs: leaseMs, isSlow: true }),
  {
    name: 'API: watches silently dead', lane: 'platform', holdMs: [0, 0], detectionMs: 95_000, isSlow: true, outlasts: true,
    begin: async ({ world, random }: PlatformScene): Promise<End> => {
      for (const { proxy } of someOf(world, random)) proxy.silenceWatches()
      // What is done by hand now is not heard of.
      const { namespace, name } = random.pick(world.services)
      const [slice] = await world.byHand.slicesOf(namespace, name)
      if (slice !== undefined) await world.byHand.destroy('EndpointSlice', namespace, slice.metadata.name)
      return () => undefined
    },
  },
  {
    name: 'API: restarted with an emptied watch cache', lane: 'platform', holdMs: [200, 1000], detectionMs: leaseMs,
    begin: ({ world }: PlatformScene): Promise<End> => world.plane.killServed(),
  },
]
