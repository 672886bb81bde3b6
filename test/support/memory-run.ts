// A world for `run` in memory: DNS, probes, objects and the lease do what a test says, at once and in order.

import { addressPolicy } from '../../src/address/address-policy.ts'
import { run, type Running } from '../../src/controller/run.ts'
import { type RunOptions } from '../../src/controller/run-world.ts'
import { serviceKey, type Declared } from '../../src/model/declared.ts'
import { type Happening } from '../../src/model/happenings.ts'
import { probeKey, type HostState, type ProbeTarget, type Resolutions, type TargetState, type Verdict } from '../../src/model/observed.ts'
import { type Following, type Target } from '../../src/model/ports.ts'
import { type MemoryApi } from './memory-api.ts'
import { type Answers } from './one-service.ts'

export interface MemoryRun {
  readonly running: Running
  readonly happenings: Happening[]
  /** What DNS says from now on; hosts that it does not name keep their answer. */
  answer(answers: Answers): void
  /** What the probes say of `address:port` from now on. */
  judge(verdicts: Readonly<Record<string, Verdict>>): void
  /** The `address:port` of everything that is probed now. */
  probed(): string[]
  /** The hosts that are followed now. */
  followed(): string[]
  /** Somebody else changed a service. */
  touched(...keys: readonly string[]): void
  lead(): void
  loseLease(): void
}

export interface MemoryRunSettings {
  readonly declared: Declared
  readonly api: MemoryApi
  readonly target: Target
  readonly answers?: Answers
  readonly verdicts?: Readonly<Record<string, Verdict>>
  readonly options?: Partial<RunOptions>
  readonly isLeading?: boolean
  readonly isProbing?: boolean
  readonly beforeRefresh?: () => void
}

export function memoryRun(settings: MemoryRunSettings): MemoryRun {
  const { declared, api, target, answers = {}, verdicts = {}, options = {}, isLeading = true, isProbing = true, beforeRefresh = () => undefined } = settings
  const happenings: Happening[] = []
  const resolutions = new Map(Object.entries(answers))
  const states = new Map<string, TargetState>()
  const owners = new Map<string, Set<string>>()
  const said = { ...verdicts }
  let hostsFollowed: readonly string[] = []
  let changedHost: (host: string) => void = () => undefined
  let changedOwners: (keys: readonly string[]) => void = () => undefined
  let heard: (keys: readonly string[]) => void = () => undefined
  let started: (leading: AbortSignal) => void = () => undefined
  let lease: AbortController | undefined

  const stateOf = (subject: ProbeTarget, before: Verdict): TargetState => {
    // A newcomer of which nothing is said passes; what is known stays as it is.
    const verdict = said[`${subject.address}:${subject.port}`] ?? (before === 'unprobed' ? 'ready' : before)
    return { target: subject, verdict, reason: verdict === 'ready' ? 'connected' : 'ECONNREFUSED', since: Date.now(), nextProbeAt: Date.now() + 1000, streak: 0 }
  }
  const objects: Following = {
    ready: () => Promise.resolve(),
    current: () => ({
      services: new Map(api.objects().map(({ metadata, kind }) => {
        const name = kind === 'EndpointSlice' ? metadata.labels?.['kubernetes.io/service-name'] ?? '' : metadata.name
        return [serviceKey({ namespace: metadata.namespace, name }), api.current(metadata.namespace, name)]
      })),
      namespaces: new Map(),
    }),
    currentOf: (namespace, name) => api.current(namespace, name),
    refresh: async () => { await Promise.resolve(); beforeRefresh() },
    cover: () => undefined,
    heardAt: () => undefined,
    stop: () => Promise.resolve(),
  }
  const lead = (): void => {
    lease = new AbortController()
    started(lease.signal)
  }
  const running = run(declared, {
    target, now: () => Date.now(), tell: (happening) => happenings.push(happening),
    addressPolicy: ({ guard }) => (own) => addressPolicy({ allowed: [guard.allowedCIDRs], denied: guard.deniedCIDRs, own, permitLoopback: false }),
    followObjects: (_scope, listen) => { heard = listen; return objects },
    followHosts: (changed) => {
      changedHost = changed
      return {
        follow: (questions) => { hostsFollowed = [...questions.keys()]; for (const host of hostsFollowed) changed(host) },
        get resolutions(): Resolutions { return resolutions },
        states: () => hostsFollowed.flatMap((host): HostState[] => (['IPv4', 'IPv6'] as const).map((family) =>
          ({ host, family, resolution: resolutions.get(host)?.[family], nextAskAt: Date.now() + 5000, failures: 0 }))),
        stop: () => Promise.resolve(),
      }
    },
    ...(isProbing && {
      followTargets: (changed: (keys: readonly string[]) => void) => {
        changedOwners = changed
        return {
          states,
          follow: (owner: string, targets: readonly (ProbeTarget & { readonly before: Verdict })[]) => {
            owners.set(owner, new Set(targets.map(probeKey)))
            for (const each of targets) if (!states.has(probeKey(each))) states.set(probeKey(each), stateOf(each, each.before))
            for (const key of states.keys()) if (![...owners.values()].some((keys) => keys.has(key))) states.delete(key)
          },
          stop: () => Promise.resolve(),
        }
      },
    }),
    standForElection: (begin) => {
      started = begin
      if (isLeading) queueMicrotask(lead)
      return { isLeading: () => lease !== undefined && !lease.signal.aborted, holder: () => 'me', stop: () => { lease?.abort(); return Promise.resolve() } }
    },
  }, { prune: true, allowDeletes: false, concurrency: 4, ...options })
  return {
    running, happenings, lead,
    answer(next) {
      for (const [host, answer] of Object.entries(next)) resolutions.set(host, answer)
      for (const host of Object.keys(next)) changedHost(host)
    },
    judge(next) {
      Object.assign(said, next)
      const moved = [...states].filter(([, { target: subject, verdict }]) => (said[`${subject.address}:${subject.port}`] ?? verdict) !== verdict)
      for (const [key, state] of moved) states.set(key, stateOf(state.target, state.verdict))
      changedOwners([...owners].filter(([, keys]) => moved.some(([key]) => keys.has(key))).map(([owner]) => owner))
    },
    probed: () => [...states.values()].map(({ target: { address, port } }) => `${address}:${port}`).sort(),
    followed: () => [...hostsFollowed],
    touched: (...keys) => { heard(keys) },
    loseLease: () => { lease?.abort() },
  }
}
