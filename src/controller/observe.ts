// Asks the world: what is there, what DNS says, who can serve. All that is not pure in a pass comes from here and from apply.

import { probeTargetOf, verdictBefore, type Observed } from '../desired/desire.ts'
import { membersOf, type Member } from '../desired/members.ts'
import { servicesInDoubt, type ProbedService } from '../desired/network-doubt.ts'
import { publishedNow } from '../desired/published.ts'
import { serviceKey, type Declared, type DeclaredService, type Family } from '../model/declared.ts'
import { type CurrentService } from '../model/objects.ts'
import { probeKey, type Health, type ProbeTarget, type Verdict } from '../model/observed.ts'
import { type Current, type ProbeTargets, type Scope, type Surroundings } from '../model/ports.ts'
import { immutableChange, isPaused } from '../plan/plan-service.ts'
import { isAllowed, selectedServices, type PassOptions, type World } from './world.ts'

export interface Observation {
  readonly current: Current
  readonly observed: Observed
  readonly isMirroring: boolean
  /** What of the surroundings could not be found out. */
  readonly notes: readonly string[]
}

/** Reads current objects, then resolves and probes for the selected services. Rejects with TargetUnreachable, or on abort. */
export async function observe(declared: Declared, world: World, options: PassOptions, signal: AbortSignal): Promise<Observation> {
  const services = selectedServices(declared, options)
  const questions = questionsOf(services)
  const [surroundings, current, resolutions] = await Promise.all([
    world.target.surroundings(signal),
    world.target.read(scopeOf(declared, services, options), signal),
    world.resolve(questions, signal),
  ])
  const families = await familiesOf(services, current, surroundings, options)
  const refuse = world.addressPolicy(new Map([...surroundings.ownRanges, ...(current.ownRanges ?? [])]))
  const observed: Observed = { now: new Date(world.now()).toISOString(), resolutions, families, refuse, health: undefined, inDoubt: new Map() }
  const probed = world.probe === undefined ? {} : await probeServices(services, current, observed, world.probe, options, signal)
  return { current, observed: { ...observed, ...probed }, isMirroring: surroundings.isMirroring, notes: surroundings.notes }
}

/** What stands under a service's name; nothing where nothing was found. */
export function currentOf(current: Current, { namespace, name }: { readonly namespace: string; readonly name: string }): CurrentService {
  const found = current.services.get(serviceKey({ namespace, name })) ?? { namespace, name, slices: [] }
  const unreadable = found.unreadable ?? current.unreadable?.get(namespace) ?? namespaceFault(current, namespace)
  return unreadable === undefined ? found : { ...found, unreadable }
}

function namespaceFault({ namespaces }: Current, namespace: string): string | undefined {
  const state = namespaces.get(namespace)
  if (state === 'missing') return `Namespace ${namespace} does not exist: it has to be made first`
  if (state === 'terminating') return `Namespace ${namespace} is terminating`
  return undefined
}

/** What has to be read for these services, and for what is ours beyond them. */
export function scopeOf(declared: Declared, services: readonly DeclaredService[], options: PassOptions): Scope {
  const { namespace, prune, service } = options
  const namespaces = new Set([...services.map((service) => service.namespace), ...(namespace !== undefined && prune ? [namespace] : [])])
  return {
    namespaces: [...namespaces].filter((each) => isAllowed(each, options)),
    everywhere: prune && service === undefined && namespace === undefined,
    instance: declared.instance,
    keys: new Set(declared.services.map(serviceKey)),
  }
}

/** Each host once, with every record type that some service asks of it. */
export function questionsOf(services: readonly DeclaredService[]): Map<string, readonly Family[]> {
  const questions = new Map<string, readonly Family[]>()
  for (const { host, families } of services.filter(({ paused }) => !paused).flatMap(({ targets }) => targets)) {
    if (host !== undefined) questions.set(host, [...new Set([...(questions.get(host) ?? []), ...families])])
  }
  return questions
}

/** A Service has the families it has; only for what it is about to get is the cluster asked. */
async function familiesOf(
  services: readonly DeclaredService[], current: Current, surroundings: Surroundings, options: PassOptions,
): Promise<Map<string, readonly Family[] | string>> {
  const families = new Map<string, readonly Family[] | string>()
  for (const service of services) {
    const existing = currentOf(current, service)
    if (existing.unreadable !== undefined || !isAllowed(service.namespace, options)) continue
    families.set(serviceKey(service), await familiesOfOne(service, existing, surroundings))
  }
  return families
}

/** The families that one Service has or will have, primary first, or why it cannot be made. Asks the cluster for a new one at most. */
export async function familiesOfOne(declared: DeclaredService, current: CurrentService, surroundings: Surroundings): Promise<readonly Family[] | string> {
  const { namespace, type, ipFamilyPolicy } = declared
  const has = current.service?.spec.ipFamilies ?? []
  const isMadeAnew = has.length === 0 || immutableChange(declared, current) !== undefined
  if (isMadeAnew) return surroundings.familiesOf(namespace, type, ipFamilyPolicy)
  if (ipFamilyPolicy === undefined || ipFamilyPolicy === current.service?.spec.ipFamilyPolicy) return has
  if (ipFamilyPolicy === 'SingleStack') return has.slice(0, 1)
  const offered = await surroundings.familiesOf(namespace, type, ipFamilyPolicy)
  return typeof offered === 'string' ? offered : [...new Set([...has, ...offered])]
}

/** What one service has to have probed, and what was known of it. */
export interface Asked {
  readonly key: string
  readonly targets: readonly (ProbeTarget & { readonly before: Verdict })[]
  readonly members: readonly Member[]
}

async function probeServices(
  services: readonly DeclaredService[], current: Current, observed: Observed, probe: ProbeTargets, options: PassOptions, signal: AbortSignal,
): Promise<Pick<Observed, 'health' | 'inDoubt'>> {
  const asked = services.map((service) => askedOf(service, currentOf(current, service), observed, options))
  const health = await probe(asked.flatMap(({ targets }) => targets), signal)
  return { health, inDoubt: servicesInDoubt(asked.map((each) => probedService(each, health))) }
}

/** Nothing where the service is paused or cannot be made. */
export function askedOf(service: DeclaredService, current: CurrentService, observed: Observed, { acceptAbsent }: PassOptions): Asked {
  const key = serviceKey(service)
  const families = observed.families.get(key)
  if (families === undefined || typeof families === 'string' || isPaused(service, current)) return { key, targets: [], members: [] }
  const published = publishedNow(current)
  const { members } = membersOf({ ...observed, service, families, published, acceptAbsent })
  const targets = members.flatMap((member) => {
    const target = probeTargetOf(service, member)
    return target === undefined ? [] : [{ ...target, before: verdictBefore(published, member) ?? 'unprobed' as const }]
  })
  return { key, targets, members }
}

function probedService({ key, targets, members }: Asked, health: ReadonlyMap<string, Health>): ProbedService {
  return {
    key,
    addresses: targets.length < members.length ? [] : targets.map(({ address }) => address),
    hasAllFailed: targets.every((target) => health.get(probeKey(target))?.verdict === 'unready'),
    hasServed: targets.some(({ before }) => before === 'ready'),
  }
}
