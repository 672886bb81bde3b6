import { isIPv6, truthOf, type WorldService } from './world-service.ts'

/**
 * How long it may take until nothing of what was true before is written any more: a TTL, a probe window, the doubt about
 * the own network, and what a loaded machine needs.
 */
const graceMs = 7000

/** Notes what a change of the world means for who can serve: to be called after each. */
export function noteTruth(service: WorldService, isAlive: (address: string) => boolean): void {
  const { ready } = truthOf(service, isAlive)
  // Where both families die, one is known to be dead first: as long as the other is not, there is somebody to fall back to.
  const serving = service.kind === 'dualStack' ? ready.filter(isAlive) : ready
  for (const family of ['IPv4', 'IPv6'] as const) {
    const isEmpty = !serving.some((address) => isIPv6(address) === (family === 'IPv6'))
    if (isEmpty) service.emptyUntil[family] = Infinity
    else if (service.emptyUntil[family] === Infinity) service.emptyUntil[family] = performance.now()
  }
}

/** Whether this end (`IPv4 main`) of a service must have a ready endpoint now: something has been there to serve for long enough. */
export function isServable({ emptyUntil }: WorldService, end: string): boolean {
  return emptyUntil[end.startsWith('IPv6') ? 'IPv6' : 'IPv4'] + graceMs < performance.now()
}
