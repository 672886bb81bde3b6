// Failures without an address in common are evidence apart: no one machine explains both.

export interface Failure {
  readonly addresses: readonly string[]
  /** In ms, as the period. */
  readonly failedAt: number
  readonly periodMs: number
  /** Not judged yet: among such it does not count how long ago they failed. */
  readonly isOpen: boolean
}

/** Earlier failures of the very same addresses, as far as a later one has to know them. */
interface Group {
  /** The end of the last of their periods. */
  reach: number
  last: number
  isOpen: boolean
  seenWith: Failure | undefined
}

/**
 * The first failure that comes within the longer of both periods after one with no address in common, or after one that
 * is not judged yet, as it is itself; undefined where none does. They come in the order of their times. A thousand
 * services on one host are one group: they cost no more than a look at each.
 */
export function firstApart<Each extends Failure>(failures: readonly Each[]): Each | undefined {
  const groups = new Map<string, Group>()
  const byAddress = new Map<string, Group[]>()
  return failures.find((failure) => {
    const addresses = [...new Set(failure.addresses)].sort()
    if (isApart(failure, groups, addresses.map((address) => byAddress.get(address) ?? []))) return true
    const known = groups.get(addresses.join())
    const group = known ?? { reach: -Infinity, last: -Infinity, isOpen: false, seenWith: undefined }
    if (known === undefined) addGroup(group, addresses, groups, byAddress)
    group.reach = Math.max(group.reach, failure.failedAt + failure.periodMs)
    group.last = Math.max(group.last, failure.failedAt)
    group.isOpen ||= failure.isOpen
    return false
  })
}

/** Whether a near group has none of its addresses; `lists` are the groups that have each of them. */
function isApart(failure: Failure, groups: ReadonlyMap<string, Group>, lists: readonly (readonly Group[])[]): boolean {
  // All have this address: the common case where one machine is down.
  if (lists.some((list) => list.length === groups.size)) return false
  for (const group of lists.flat()) group.seenWith = failure
  for (const group of groups.values()) if (group.seenWith !== failure && isNear(group, failure)) return true
  return false
}

function isNear(group: Group, { failedAt, periodMs, isOpen }: Failure): boolean {
  return group.reach >= failedAt || group.last >= failedAt - periodMs || (group.isOpen && isOpen)
}

function addGroup(group: Group, addresses: readonly string[], groups: Map<string, Group>, byAddress: Map<string, Group[]>): void {
  groups.set(addresses.join(), group)
  for (const address of addresses) {
    const list = byAddress.get(address)
    if (list === undefined) byAddress.set(address, [group])
    else list.push(group)
  }
}
