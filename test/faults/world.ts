// The outside world and what is declared of it, and what of it is true at this moment.

import { setTimeout as sleep } from 'node:timers/promises'
import { addresses, nodata } from '../support/dns-behaviours.ts'
import { type DnsServer } from '../support/dns-server.ts'
import { type ByHand } from './by-hand.ts'
import { type ConfigFiles } from './config-folder.ts'
import { type FaultyControlPlane } from './control-plane.ts'
import { type OneShot } from './one-shot.ts'
import { type Oracle } from './oracle.ts'
import { type Registrar } from './registrar-process.ts'
import { noteTruth } from './servable.ts'
import { expectedText } from './service-text.ts'
import { type Targets } from './targets.ts'
import { declarationOf, isIPv6, ttlSeconds, type WorldService } from './world-service.ts'

export interface World {
  readonly services: readonly WorldService[]
  readonly dns: DnsServer
  readonly targets: Targets
  readonly plane: FaultyControlPlane
  readonly byHand: ByHand
  readonly oracle: Oracle
  readonly registrars: readonly Registrar[]
  readonly oneShot: OneShot
}

export const instance = 'faults'
export const namespaces = { main: 'faults', other: 'faults-other', oneShot: 'faults-one-shot' } as const

/** Makes these the addresses that DNS names, or that are to be declared from now on. */
export function moveTo({ dns, targets }: Pick<World, 'dns' | 'targets'>, service: WorldService, members: readonly string[]): void {
  service.members = members
  answerTruly(dns, service)
  noteTruth(service, isAliveIn(targets))
}

/** DNS says of a host what is true. */
export function answerTruly(dns: DnsServer, { host, members }: WorldService): void {
  if (host === undefined) return
  const [four, six] = [members.filter((each) => !isIPv6(each)), members.filter(isIPv6)]
  const negative = { ttl: ttlSeconds, minimum: ttlSeconds }
  dns.answer(host, 'A', four.length > 0 ? addresses(four, ttlSeconds) : nodata(negative))
  dns.answer(host, 'AAAA', six.length > 0 ? addresses(six, ttlSeconds) : nodata(negative))
}

export function isAliveIn(targets: Targets): (address: string) => boolean {
  return (address) => targets.aliveSince(address) !== undefined
}

/** Some targets of a service die. */
export async function kill({ targets }: World, service: WorldService, dying: readonly string[]): Promise<void> {
  await Promise.all(dying.map((address) => targets.kill(address)))
  noteTruth(service, isAliveIn(targets))
}

export async function revive({ targets }: World, service: WorldService, reviving: readonly string[]): Promise<void> {
  await Promise.all(reviving.map((address) => targets.revive(address)))
  noteTruth(service, isAliveIn(targets))
}

/** What lacks of a service's truth, or undefined where it is true. */
export function lackOf({ oracle, targets }: World, service: WorldService): string | undefined {
  const [expected, found] = [expectedText(service, isAliveIn(targets)), oracle.textOf(service)]
  return expected === found ? undefined : `${service.namespace}/${service.name} should be\n${expected}\nand is\n${found}`
}

/** Waits until all of these are true, at most so long; answers with what lacks then. `services` is asked again each time. */
export async function becomesTrue(world: World, services: () => readonly WorldService[], timeoutMs: number): Promise<string | undefined> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const lack = services().map((service) => lackOf(world, service)).find((each) => each !== undefined)
    if (lack === undefined || performance.now() > deadline) return lack
    await sleep(20)
  }
}

/** The config of `run`, in two files as people have it. */
export function configFiles(services: readonly WorldService[], dns: DnsServer): ConfigFiles {
  const own = services.filter(({ namespace }) => namespace !== namespaces.oneShot)
  const half = Math.ceil(own.length / 2)
  const defaults = { healthCheck: { tcp: {}, periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 2 } }
  const resolver = { nameservers: [dns.address], timeoutSeconds: 1, minTTLSeconds: 1, maxTTLSeconds: 5 }
  return {
    'a.yaml': JSON.stringify({ instance, resolver, defaults, services: own.slice(0, half).map(declarationOf) }, undefined, 1),
    'b.yaml': JSON.stringify({ defaults, services: own.slice(half).map(declarationOf) }, undefined, 1),
  }
}

/** The registrar that leads, and the other. */
export function leaderOf({ oracle, registrars }: World): Registrar | undefined {
  const holder = oracle.holder()
  return registrars.find((each) => each.isRunning() && holder.startsWith(each.identity()))
}
