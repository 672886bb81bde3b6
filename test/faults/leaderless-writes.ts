// Who may write is in the lease, and the API server's own order says who held it when a write was stored.

import { type SentWrite } from './fault-proxy.ts'

export interface LeaseMoment {
  readonly version: number
  readonly holder: string
  /** ms of performance.now() at which it was heard. */
  readonly at: number
}

const leaseMs = 15_000

/** What was written by who did not lead; leases and Events, by which nothing is led anywhere, left out. */
export function leaderlessWrites(writes: readonly SentWrite[], history: readonly LeaseMoment[]): readonly string[] {
  const leases = writes.filter(({ path }) => path.includes('/leases'))
  return writes.filter(({ path }) => isOfAService(path)).flatMap((write) => {
    const why = whyNotLed(write, leases, history)
    return why === undefined ? [] : [`${write.sender} ${write.method} ${write.path.split('?')[0] ?? ''} (${write.status ?? 'no answer'}): ${why}`]
  })
}

export function isOfAService(path: string): boolean {
  return /\/(services|endpoints|endpointslices)(\/|\?|$)/.test(path)
}

function whyNotLed(write: SentWrite, leases: readonly SentWrite[], history: readonly LeaseMoment[]): string | undefined {
  const { sender, sentAt, resourceVersion } = write
  // By the server's own order where it was stored; else by the time at which the lease of another was known to be stored.
  const holder = resourceVersion === undefined ? holderAt(sentAt, leases) : history.findLast(({ version }) => version <= Number(resourceVersion))?.holder
  if (holder?.startsWith(sender) !== true) return `the lease was held by ${holder ?? 'nobody'}`
  const renewed = leases.findLast((lease) => lease.holder?.startsWith(sender) === true && lease.sentAt <= sentAt)
  if (renewed !== undefined && sentAt > renewed.sentAt + leaseMs) return `its lease had expired ${Math.round(sentAt - renewed.sentAt - leaseMs)} ms before`
  return undefined
}

function holderAt(at: number, leases: readonly SentWrite[]): string | undefined {
  return leases.filter(({ holder, answeredAt }) => holder !== undefined && (answeredAt ?? Infinity) <= at)
    .sort((a, b) => (a.answeredAt ?? 0) - (b.answeredAt ?? 0)).at(-1)?.holder
}
