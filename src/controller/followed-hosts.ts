// Which hosts are followed for a config, and which services look at them.

import { publishedNow } from '../desired/published.ts'
import { serviceKey, type Declared, type DeclaredTarget } from '../model/declared.ts'
import { type Following, type HostFollower, type HostQuestion } from '../model/ports.ts'
import { questionsOf } from './observe.ts'
import { type RunWorld } from './run-world.ts'

export interface FollowedHosts {
  readonly follower: HostFollower
  /** The hosts of this config from now on; what the objects say of them is the first belief. */
  follow(declared: Declared, objects: Following): void
}

/** `changed` is called for each service that uses a host of which something else is believed now. */
export function followedHosts(open: RunWorld['followHosts'], changed: (key: string) => void): FollowedHosts {
  let usedBy: ReadonlyMap<string, readonly string[]> = new Map()
  const follower = open((host) => { for (const key of usedBy.get(host) ?? []) changed(key) })
  return {
    follower,
    follow(declared, objects) {
      usedBy = usersOf(declared)
      follower.follow(hostQuestions(declared, objects), declared.resolver)
    },
  }
}

function usersOf({ services }: Declared): Map<string, string[]> {
  const users = new Map<string, string[]>()
  for (const service of services) {
    const key = serviceKey(service)
    for (const host of new Set(hostsOf(service.targets))) users.set(host, [...(users.get(host) ?? []), key])
  }
  return users
}

function hostQuestions({ services, resolver }: Declared, objects: Following): Map<string, HostQuestion> {
  const retained = new Map<string, number>()
  for (const { host, retainSeconds = resolver.retainSeconds } of services.flatMap(({ targets }) => targets)) {
    if (host !== undefined) retained.set(host, Math.max(retained.get(host) ?? 0, retainSeconds))
  }
  const published = publishedByHost(services, objects)
  return new Map([...questionsOf(services)].map(([host, families]) =>
    [host, { families, retainSeconds: retained.get(host) ?? 0, published: [...(published.get(host) ?? [])] }]))
}

function publishedByHost(services: Declared['services'], objects: Following): Map<string, Set<string>> {
  const addresses = new Map<string, Set<string>>()
  for (const { namespace, name } of services) {
    for (const { address, hosts } of publishedNow(objects.currentOf(namespace, name)).endpoints) {
      for (const host of hosts) addresses.set(host, (addresses.get(host) ?? new Set()).add(address))
    }
  }
  return addresses
}

function hostsOf(targets: readonly DeclaredTarget[]): string[] {
  return targets.flatMap(({ host }) => host ?? [])
}
