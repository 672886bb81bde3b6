// What `run` remembers of each service: how the last look at it ended, and since when each address is what it is.

import { endpointKey, type Published } from '../desired/published.ts'
import { type AddressReport, type AppliedService, type ServicePlan } from '../model/changes.ts'
import { type Happening } from '../model/happenings.ts'
import { type ServiceState } from '../model/run-status.ts'

export type KnownState = Omit<ServiceState, 'hosts' | 'addresses' | 'retryAt'> & {
  readonly addresses: readonly (AddressReport & { readonly since: string })[]
  /** It comes, and does not serve yet: what goes in its namespace waits for it. */
  readonly isUnfinished: boolean
}

/** One look at a service: what was there, what was wanted, what came of it. */
export interface Look {
  readonly published: Published
  readonly plan: ServicePlan
  /** What was written; the plan as it is where nothing may be written now. */
  readonly isUnfinished: boolean
  readonly result: Pick<AppliedService, 'messages' | 'addresses' | 'applied'> & { readonly status: ServicePlan['status'] }
}

/** The state after a look. `now` is ISO time. What did not change keeps its time; what the objects said already is as old as this process. */
export function nextState(before: KnownState | undefined, { plan: { namespace, name }, result, isUnfinished }: Look, now: string): KnownState {
  const since = new Map(before?.addresses.map((address) => [`${endpointKey(address)} ${address.published}`, address.since]))
  return {
    namespace, name,
    status: result.status,
    since: before?.status === result.status ? before.since : now,
    messages: result.messages,
    isUnfinished,
    addresses: result.addresses.map((address) => ({ ...address, since: since.get(`${endpointKey(address)} ${address.published}`) ?? now })),
  }
}

/** What is worth telling of a look, against what the objects and the state said before. Empty where nothing changed. */
export function happeningsOf(before: KnownState | undefined, look: Look): readonly Happening[] {
  const { plan: { namespace, name }, result } = look
  const service = { namespace, name }
  return [
    ...result.applied.map((change): Happening => {
      const { kind: object, metadata } = change.verb === 'delete' ? change.current : change.desired
      return { kind: 'written', ...service, verb: change.verb, object, objectName: metadata.name, summary: change.summary }
    }),
    // What could not be written is not so yet.
    ...(result.status === 'failed' ? [] : addressHappenings(service, look)),
    ...(isNews(before, result) ? [{ kind: 'service', ...service, status: result.status, before: knownStatus(before), messages: result.messages } as const] : []),
  ]
}

function addressHappenings(service: { readonly namespace: string; readonly name: string }, { published, result }: Look): Happening[] {
  const was = new Map(published.endpoints.map((endpoint) => [endpointKey(endpoint), endpoint.ready ? 'ready' as const : 'notReady' as const]))
  return result.addresses.flatMap((address): Happening[] => {
    const before = was.get(endpointKey(address))
    const isSame = before === address.published || (before === undefined && address.published === 'out')
    return isSame ? [] : [{ kind: 'address', ...service, address, before }]
  })
}

/** A service that is first seen in good order is no news. */
function isNews(before: KnownState | undefined, { status, messages }: Look['result']): boolean {
  const isWell = status === 'done' && messages.length === 0
  if (before === undefined || before.status === 'waiting') return !isWell
  return before.status !== status || before.messages.join('\n') !== messages.join('\n')
}

function knownStatus(before: KnownState | undefined): ServicePlan['status'] | undefined {
  return before === undefined || before.status === 'waiting' ? undefined : before.status
}
