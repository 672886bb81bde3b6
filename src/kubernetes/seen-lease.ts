import { type KubernetesClient } from './client.ts'
import { type ElectionClock } from './election-clock.ts'
import { leaseCalls } from './lease-calls.ts'
import { decide, sighted, type LeaseDecision, type LeaseDurations, type Sighting } from './lease-decision.ts'
import { claimed, recordOf, released, type Lease } from './lease-record.ts'

/** The lease as it was last seen, and what is done with it. Calls reject with ClusterError, or with the signal's reason. */
export interface SeenLease {
  holder(): string | undefined
  uid(): string | undefined
  /** Whether we held it when it was last seen. */
  isOurs(): boolean
  /** Whether we may hold it all the same: of a claim without an answer nobody knows whether it was stored. */
  mayBeOurs(): boolean
  /** Undefined until it was seen. */
  decision(): LeaseDecision | undefined
  look(windowMs: () => number, signal: AbortSignal): Promise<void>
  /** Takes or renews it as it was last seen; false where it has changed since. */
  claim(windowMs: () => number, signal: AbortSignal): Promise<boolean>
  /** Gives it back, where it is ours. */
  giveBack(windowMs: () => number, signal: AbortSignal): Promise<void>
}

export interface SeenLeaseOptions {
  readonly client: Pick<KubernetesClient, 'call'>
  readonly namespace: string
  readonly name: string
  readonly identity: string
  readonly clock: ElectionClock
  readonly durations: LeaseDurations
}

export function seenLease({ client, namespace, name, identity, clock, durations }: SeenLeaseOptions): SeenLease {
  const calls = leaseCalls(client, namespace, name)
  let lease: Lease = { metadata: { namespace, name } }
  let sighting: Sighting | undefined
  let isClaiming = false

  const isOurs = (): boolean => sighting?.record?.holder === identity
  const see = (seen: Lease): void => {
    lease = seen
    sighting = sighted(sighting, seen.metadata.resourceVersion === undefined ? undefined : recordOf(seen), clock.now())
    isClaiming = false
  }
  const write = async (wanted: Lease, windowMs: () => number, signal: AbortSignal): Promise<boolean> => {
    const written = await calls.write(wanted, windowMs, signal)
    if (written !== undefined) see(written)
    return written !== undefined
  }
  const look: SeenLease['look'] = async (windowMs, signal) => { see(await calls.read(windowMs, signal)) }
  return {
    holder: () => (sighting?.record?.holder ?? '') === '' ? undefined : sighting?.record?.holder,
    uid: () => lease.metadata.uid,
    isOurs,
    mayBeOurs: () => isClaiming || isOurs(),
    decision: () => sighting && decide(sighting, identity, clock.now(), durations),
    look,
    claim: (windowMs, signal) => {
      isClaiming = true
      return write(claimed(lease, identity, durations.leaseMs, clock.wallNow()), windowMs, signal)
    },
    giveBack: async (windowMs, signal) => {
      do await look(windowMs, signal)
      // A claim that was cut off may be stored only after we looked: then there is another look.
      while (isOurs() && !await write(released(lease, clock.wallNow()), windowMs, signal))
    },
  }
}
