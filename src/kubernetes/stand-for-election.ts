import { type Tell } from '../model/happenings.ts'
import { type Leadership } from '../model/ports.ts'
import { type ClientOptions, type KubernetesClient } from './client.ts'
import { ClusterError } from './cluster-error.ts'
import { type ElectionClock, machineClock } from './election-clock.ts'
import { eventsInFlight } from './event-sink.ts'
import { callWindowAt, leaseDurations, nextTryAt, writeWindowAt, type LeaseDurations } from './lease-decision.ts'
import { leaseTerms, type LeaseTerms } from './lease-terms.ts'
import { rareTrouble } from './rare-trouble.ts'
import { seenLease, type SeenLease } from './seen-lease.ts'

export interface ElectionOptions {
  /** One of its own, made with `forLease`: a renewal waits behind no write. Closed by the caller. */
  readonly client: Pick<KubernetesClient, 'call'>
  readonly namespace: string
  readonly name: string
  readonly identity: string
  /** Hears of `leading` whenever leadership or the holder changes, and at most once a minute of `trouble`. */
  readonly tell: Tell
  readonly clock?: ElectionClock
  readonly durations?: LeaseDurations
}

export interface LeaseLeadership extends Leadership {
  /** How many ms a write may take from now on; 0 for who does not lead. For `writeWindowMs` of the cluster target. */
  writeWindowMs(): number
  /** The uid of the Lease, for Events about it. */
  leaseUid(): string | undefined
}

/** Of the client for the lease: connections of its own, also beside Events that hang, and no tries but those of the election. */
export const forLease = { connections: 2 + eventsInFlight, pace: { credentialsMs: 5000, tries: 1 } } as const satisfies ClientOptions

// With the writes that `run` lets finish, within the five seconds that people expect.
const giveBackMs = 1000

/**
 * Stands for election as client-go does: the same Lease, the same durations, expiry by our own observation. Who loses
 * its term goes on as a standby; `started` hears of each term, with a signal that ends with it. `stop` is for when the
 * work that the lease guards has ended.
 */
export function standForElection(options: ElectionOptions): (started: (leading: AbortSignal) => void) => LeaseLeadership {
  const { clock = machineClock, durations = leaseDurations } = options
  return (started) => {
    const lease = seenLease({ ...options, clock, durations })
    const announce = announcing(options.tell, lease, () => terms.renewedAt() !== undefined)
    const terms: LeaseTerms = leaseTerms({ clock, durations, started, changed: () => { announce() } })
    const stop = begin({ lease, terms, announce, clock, durations, trouble: rareTrouble(options.tell, 'lease', clock.now) })
    return {
      isLeading: () => terms.isLeading(),
      holder: () => holderNow(lease, terms),
      leaseUid: () => lease.uid(),
      writeWindowMs: () => writeWindowAt(terms.renewedAt(), clock.now(), durations),
      stop,
    }
  }
}

/** Who let the lease run out by our clock holds it no longer, whatever it still says: we ourselves, or another that was not seen to renew it. */
function holderNow(lease: SeenLease, terms: LeaseTerms): string | undefined {
  return terms.isLeading() || lease.decision()?.act === 'wait' ? lease.holder() : undefined
}

/** Tells who leads, as often as that changes. */
function announcing(tell: Tell, lease: SeenLease, hasTerm: () => boolean): () => void {
  let told = ''
  return () => {
    const [isLeading, holder] = [hasTerm(), lease.holder()]
    const news = isLeading ? 'we' : holder ?? ''
    if (news === told) return
    told = news
    tell({ kind: 'leading', isLeading, holder })
  }
}

interface Election {
  readonly lease: SeenLease
  readonly terms: LeaseTerms
  readonly announce: () => void
  readonly trouble: (error: unknown) => void
  readonly clock: ElectionClock
  readonly durations: LeaseDurations
}

/** Returns how it is ended, for which once is enough. */
function begin(election: Election): () => Promise<void> {
  const { lease, terms, trouble, clock } = election
  const stopping = new AbortController()
  const running = keepTrying(election, stopping.signal)
  const end = async (): Promise<void> => {
    stopping.abort()
    terms.end()
    await running
    const until = clock.now() + giveBackMs
    if (lease.mayBeOurs()) await lease.giveBack(() => until - clock.now(), new AbortController().signal).catch(trouble)
  }
  let ending: Promise<void> | undefined
  return () => ending ??= end()
}

async function keepTrying(election: Election, signal: AbortSignal): Promise<void> {
  const { lease, terms, announce, trouble, clock, durations } = election
  while (!signal.aborted) {
    const startedAt = clock.now()
    await attempt(election, signal).catch((error: unknown) => {
      if (signal.aborted) return
      if (!(error instanceof ClusterError)) throw error
      trouble(error)
    })
    announce()
    const now = clock.now()
    const tried = { startedAt, renewedAt: terms.renewedAt(), decision: lease.decision(), jitter: clock.random() }
    await clock.wait(nextTryAt(tried, now, durations) - now, signal).catch(() => undefined)
  }
}

/** A leader knows the lease as it wrote it: to read it first would only take time that the renewal needs. */
async function attempt(election: Election, signal: AbortSignal): Promise<void> {
  const { lease, terms } = election
  if (terms.isLeading() && await claim(election, signal)) return
  await lease.look(callWindow(election), signal)
  // Also where nobody holds it: another may have held it for a while since we wrote it.
  if (!lease.isOurs()) terms.end()
  if (lease.decision()?.act !== 'wait') await claim(election, signal)
}

/** False where another was faster. The term counts from before the call: the others' patience may begin as soon as that. */
async function claim(election: Election, signal: AbortSignal): Promise<boolean> {
  const { lease, terms, clock } = election
  const startedAt = clock.now()
  const isStored = await lease.claim(callWindow(election), signal)
  if (isStored && !signal.aborted) terms.hold(startedAt)
  return isStored
}

function callWindow({ terms, clock, durations }: Election): () => number {
  const until = clock.now() + callWindowAt(terms.renewedAt(), clock.now(), durations)
  return () => until - clock.now()
}
