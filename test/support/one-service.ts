// One service through the pure core: what DNS and the probes said in, the plan out.

import { type Lasting } from '../../src/desired/answer-of.ts'
import { desire, type Desired, type Observed } from '../../src/desired/desire.ts'
import { publishedNow } from '../../src/desired/published.ts'
import { type ServicePlan } from '../../src/model/changes.ts'
import { serviceKey, type DeclaredService, type Family, type Publish } from '../../src/model/declared.ts'
import { isMirrored } from '../../src/model/marks.ts'
import { type CurrentService } from '../../src/model/objects.ts'
import { type Health, type Resolution, type Verdict } from '../../src/model/observed.ts'
import { planService } from '../../src/plan/plan-service.ts'

export type Answers = Readonly<Record<string, Readonly<Partial<Record<Family, Resolution>>>>>

export interface Seen {
  readonly answers?: Answers
  /** By address; the others pass. */
  readonly verdicts?: Readonly<Record<string, Verdict>>
  readonly isProbing?: boolean
  readonly families?: readonly Family[] | string
  readonly refused?: Readonly<Record<string, string>>
  readonly isInDoubt?: boolean
  readonly now?: string
  readonly publish?: Publish
  readonly acceptAbsent?: boolean
  readonly recreate?: boolean
  readonly isMirroring?: boolean
  /** The rules of `run`. */
  readonly lasting?: Lasting
}

export const instance = 'shop-platform'

export function found(...addresses: string[]): Resolution {
  return { outcome: 'found', addresses, expiresAt: 60_000 }
}

export const absent: Resolution = { outcome: 'absent', reason: 'NODATA', expiresAt: 60_000 }
export const unknown: Resolution = { outcome: 'unknown', reason: 'timeout' }

/** A host with A records and none of the other family. */
export function onlyIPv4(...addresses: string[]): { readonly IPv4: Resolution; readonly IPv6: Resolution } {
  return { IPv4: found(...addresses), IPv6: absent }
}

export const nothingThere: CurrentService = { namespace: 'shop', name: 'db', slices: [] }

export function observed(declared: DeclaredService, seen: Seen): Observed {
  const { answers = {}, verdicts = {}, families = ['IPv4'], refused = {} } = seen
  return {
    now: seen.now ?? '2026-11-22T10:00:00.000Z',
    resolutions: new Map(Object.entries(answers)),
    health: seen.isProbing === false ? undefined : new VerdictsByAddress(verdicts),
    families: new Map([[serviceKey(declared), families]]),
    refuse: (address) => refused[address],
    inDoubt: new Map(seen.isInDoubt === true ? [[serviceKey(declared), 'own network in doubt']] : []),
    ...(seen.lasting !== undefined && { lasting: seen.lasting }),
  }
}

export function desiredOf(declared: DeclaredService, current: CurrentService, seen: Seen, recreates = false): Desired | string {
  const { publish = 'both', acceptAbsent = false } = seen
  return desire(declared, current, observed(declared, seen), { instance, publish, acceptAbsent, recreates })
}

export function planOf(declared: DeclaredService, current: CurrentService, seen: Seen): ServicePlan {
  return planService(declared, current, (recreates) => desiredOf(declared, current, seen, recreates),
    { instance, recreate: seen.recreate ?? false, isMirroring: seen.isMirroring ?? false })
}

/** `address -> published as`, of the plan. */
export function decisions(plan: ServicePlan | Desired): Record<string, 'ready' | 'notReady' | 'out'> {
  return Object.fromEntries(plan.addresses.map(({ address, published }) => [address, published]))
}

/** `address:port,port`, a `!` before what is not ready: what a consumer of the slices would see. */
export function servedBy(current: CurrentService, only: 'all' | 'direct' = 'all'): string[] {
  const slices = current.slices.filter((slice) => only === 'all' || !isMirrored(slice))
  const { endpoints } = publishedNow({ namespace: current.namespace, name: current.name, slices })
  return endpoints.map(({ address, ports, ready }) => `${ready ? '' : '!'}${address}:${Object.values(ports).join(',')}`).sort()
}

class VerdictsByAddress extends Map<string, Health> {
  readonly #verdicts: Readonly<Record<string, Verdict>>

  constructor(verdicts: Readonly<Record<string, Verdict>>) {
    super()
    this.#verdicts = verdicts
  }

  override get(probeKey: string): Health {
    const [address] = JSON.parse(probeKey) as [string]
    const verdict = this.#verdicts[address] ?? 'ready'
    return { verdict, reason: verdict === 'ready' ? 'connected' : 'ECONNREFUSED' }
  }
}
