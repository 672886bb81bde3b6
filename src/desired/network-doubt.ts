// When everything fails at once it is more likely us than them.

export interface ProbedService {
  readonly key: string
  /** The addresses that were probed; a service without any says nothing about the network. */
  readonly addresses: readonly string[]
  readonly hasAllFailed: boolean
  /** Some target of it was ready before: the failure is news. An old one, or a newcomer's, says nothing about the network. */
  readonly hasServed: boolean
}

/**
 * The services whose verdicts stand as they were: every target of theirs failed just now, and that of another
 * service with different addresses too, so the registrar's own network is in doubt. A service of which one target
 * passed is judged as always: its network works.
 */
export function servicesInDoubt(services: readonly ProbedService[]): ReadonlySet<string> {
  const failed = services.filter(({ addresses, hasAllFailed, hasServed }) => addresses.length > 0 && hasAllFailed && hasServed)
  const isDoubted = failed.some((one, index) => failed.slice(index + 1).some((other) => areDifferent(one.addresses, other.addresses)))
  return new Set(isDoubted ? failed.map(({ key }) => key) : [])
}

function areDifferent(some: readonly string[], others: readonly string[]): boolean {
  return !some.some((address) => others.includes(address))
}
