// Which addresses a host is believed to have, and for how long those that its answer no longer names. Pure; times in ms
// on the process's monotonic clock.

export interface Held {
  readonly address: string
  /** -Infinity: before this process lived. */
  readonly firstSeenAt: number
  /** Until when the answers named it; undefined while the last one does. */
  readonly lastSeenAt: number | undefined
}

export interface Bounds {
  readonly retainMs: number
  readonly maxAddresses: number
}

/** What is held after an answer: what it names, and what it no longer names until its retention ends; sorted by address. */
export function holdAddresses(before: readonly Held[], answer: readonly string[], now: number, bounds: Bounds): readonly Held[] {
  const known = new Map(before.map((held) => [held.address, held]))
  const named = new Set(answer)
  const held = [...named].map((address) => ({ address, firstSeenAt: known.get(address)?.firstSeenAt ?? now, lastSeenAt: undefined }))
  const left = before.filter(({ address }) => !named.has(address)).map((each) => ({ ...each, lastSeenAt: each.lastSeenAt ?? now }))
  return longestSeen([...held, ...withoutExpired(left, now, bounds.retainMs)], bounds.maxAddresses)
}

export function withoutExpired(held: readonly Held[], now: number, retainMs: number): readonly Held[] {
  return held.filter(({ lastSeenAt = Infinity }) => now < lastSeenAt + retainMs)
}

/** When the next of them is no longer retained; Infinity where none is. */
export function retentionEndsAt(held: readonly Held[], retainMs: number): number {
  return held.reduce((end, { lastSeenAt = Infinity }) => Math.min(end, lastSeenAt + retainMs), Infinity)
}

/** The same as if what was retained had been seen so much longer. */
export function retainedLonger(held: readonly Held[], ms: number): readonly Held[] {
  return held.map((each) => each.lastSeenAt === undefined ? each : { ...each, lastSeenAt: each.lastSeenAt + ms })
}

function longestSeen(held: readonly Held[], most: number): readonly Held[] {
  const ranked = [...held].sort((a, b) => a.firstSeenAt === b.firstSeenAt ? byAddress(a, b) : a.firstSeenAt < b.firstSeenAt ? -1 : 1)
  const [firstNamed] = ranked.filter(({ lastSeenAt }) => lastSeenAt === undefined)
  const kept = ranked.slice(0, most)
  // A host that moved: addresses that nobody names any more must not keep all of the new ones out.
  if (firstNamed !== undefined && !kept.some(({ lastSeenAt }) => lastSeenAt === undefined)) kept.splice(-1, 1, firstNamed)
  return kept.sort(byAddress)
}

function byAddress(a: Held, b: Held): number {
  return a.address < b.address ? -1 : 1
}
