// What a person should find at the Service when asking why: the mapping from happenings to Kubernetes Events. Pure.

import { type AddressReport, type ServiceStatus } from '../model/changes.ts'
import { type Happening } from '../model/happenings.ts'

/** One thing to be said of one object. What belongs to no Service is said of the lease of this instance. */
export interface EventNote {
  readonly about: { readonly namespace: string; readonly name: string } | 'lease'
  readonly type: 'Normal' | 'Warning'
  /** In UpperCamelCase, as Events have it. */
  readonly reason: string
  readonly message: string
}

type Of<Kind extends Happening['kind']> = Extract<Happening, { readonly kind: Kind }>
type Said = Omit<EventNote, 'about'>

const notes: { readonly [Kind in Happening['kind']]?: (happening: Of<Kind>) => readonly EventNote[] } = {
  address: (happening) => ofService(happening, [addressNote(happening)]),
  service: (happening) => ofService(happening, serviceNotes(happening)),
  removed: (happening) => ofService(happening, [removedNote(happening)]),
  withheld: ({ deletions, owned, maxDeletePercent }) => ofInstance({
    type: 'Warning', reason: 'DeletionsWithheld',
    message: `${deletions} of ${owned} Services would be deleted, more than ${maxDeletePercent}%: withheld by the guard`,
  }),
  'network in doubt': ({ services }) => ofInstance({
    type: 'Warning', reason: 'NetworkInDoubt', message: `Every target failed of ${listed(services)}: own network in doubt, verdicts stand`,
  }),
  'config refused': ({ fault }) => ofInstance({ type: 'Warning', reason: 'ConfigRefused', message: `The last good config holds: ${fault}` }),
  leading: ({ isLeading, holder }) => (isLeading ? ofInstance({ type: 'Normal', reason: 'LeaderElection', message: `${holder ?? 'this process'} became leader` }) : []),
}

/** Most happenings are for logs and metrics alone, and give none. */
export function eventNotes(happening: Happening): readonly EventNote[] {
  // Each function takes the happening of its own key, which TypeScript cannot follow through a table.
  return (notes[happening.kind] as ((happening: Happening) => readonly EventNote[]) | undefined)?.(happening) ?? []
}

function ofService({ namespace, name }: { readonly namespace: string; readonly name: string }, said: readonly Said[]): EventNote[] {
  return said.map((each) => ({ about: { namespace, name }, ...each }))
}

function ofInstance(said: Said): EventNote[] {
  return [{ about: 'lease', ...said }]
}

function addressNote({ address, before }: Of<'address'>): Said {
  const who = address.hosts.length === 0 ? address.address : `${address.address} (${address.hosts.join(', ')})`
  switch (address.published) {
    case 'ready': return { type: 'Normal', reason: 'EndpointReady', message: `${who} is ready: ${address.reason}` }
    case 'notReady': return { type: isNewcomer(address, before) || isDrained(address) ? 'Normal' : 'Warning', reason: 'EndpointUnready', message: `${who} is not ready: ${address.reason}` }
    case 'out': return { type: 'Normal', reason: 'EndpointGone', message: `${who} has left: ${address.reason}` }
  }
}

/** Not ready until its first probe has ended, as it should be. */
function isNewcomer({ verdict }: AddressReport, before: AddressReport['published'] | undefined): boolean {
  return before === undefined && verdict === 'unprobed'
}

/** A person asked for it, in the config. */
function isDrained({ reason }: AddressReport): boolean {
  return /^drained\b/.test(reason)
}

function serviceNotes({ status, before, messages }: Of<'service'>): Said[] {
  if (status === 'done' && messages.length === 0) {
    return before === undefined || before === 'done' ? [] : [{ type: 'Normal', reason: 'InOrder', message: 'Everything is as it is declared again' }]
  }
  return messages.flatMap((message) => {
    const [, reason = byStatus[status], type = 'Warning'] = messageRules.find(([pattern]) => pattern.test(message)) ?? []
    return reason === 'Passing' ? [] : [{ type: status === 'paused' ? 'Normal' : type, reason, message }]
  })
}

const byStatus: Readonly<Record<ServiceStatus, string>> = {
  done: 'Notice', kept: 'Kept', refused: 'Refused', failed: 'SyncFailed', paused: 'Paused', withheld: 'DeletionWithheld',
}

/** What the stages say, by how they say it; a message that no rule knows goes by the status of its service. */
const messageRules: readonly (readonly [pattern: RegExp, reason: string, type?: EventNote['type']])[] = [
  [/^Panic: /, 'Panic'],
  [/ unready: (published as ready|none is published)/, 'AllUnready'],
  [/^Only drained targets/, 'OnlyDrained'],
  // Whether it is the own network is known within a period, and then said.
  [/^Every target failed just now/, 'Passing'],
  [/own network in doubt/, 'NetworkInDoubt'],
  [/^Every address is refused/, 'AddressesRefused'],
  [/^Keeps .* all the same: /, 'LastEndpointsKept'],
  [/^\S+: A{1,4}: .*\bsince \d{4}-/, 'HostStale'],
  [/^\S+: A{1,4}: /, 'HostUnknown'],
  [/^Adopts /, 'Adopted', 'Normal'],
  [/\b(not ours|belongs? to|cannot be adopted|serves the same Service|has a selector)\b/, 'Conflict'],
  [/--recreate does it/, 'RecreateNeeded'],
]

function removedNote({ how }: Of<'removed'>): Said {
  return how === 'release'
    ? { type: 'Normal', reason: 'Released', message: 'No longer declared: goes on serving, on its own' }
    : { type: 'Normal', reason: 'Removed', message: 'No longer declared: removed' }
}

const mostNames = 10

function listed(services: readonly string[]): string {
  const more = services.length > mostNames ? ` and ${services.length - mostNames} more` : ''
  return services.slice(0, mostNames).join(', ') + more
}
