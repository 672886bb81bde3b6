// How each happening is said in the log: a constant message, the facts as fields, and how grave it is. Of a check only its
// kind: its headers, its path and its body may hold secrets.

import { type AddressReport } from '../model/changes.ts'
import { type Happening } from '../model/happenings.ts'
import { type HostState, type ProbeTarget } from '../model/observed.ts'

export type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error'

export interface LogLine {
  readonly level: Level
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

type Of<Kind extends Happening['kind']> = Extract<Happening, { readonly kind: Kind }>

const lines: { readonly [Kind in Happening['kind']]: (happening: Of<Kind>) => LogLine } = {
  address: addressLine,
  service: ({ status, before, messages, ...of }) => ({
    // What is said loudly (panic, all unready) is loud although the service is as it should be.
    level: (status === 'done' || status === 'paused') && messages.length === 0 ? 'info' : 'warn',
    message: 'Service changed its status', fields: { ...service(of), status, before, messages },
  }),
  written: ({ verb, object, objectName, summary, ...of }) =>
    ({ level: 'info', message: 'Wrote object', fields: { ...service(of), verb, kind: object, name: objectName, summary } }),
  removed: ({ how, ...of }) =>
    ({ level: 'info', message: how === 'prune' ? 'Removed service that is no longer declared' : 'Released service that is no longer declared', fields: service(of) }),
  host: hostLine,
  asked: ({ kind: _, ...fields }) => ({ level: 'trace', message: 'Asked DNS', fields }),
  verdict: ({ target, verdict, before, reason }) =>
    ({ level: 'info', message: verdict === 'ready' ? 'Target passes its check' : 'Target fails its check', fields: { ...targetFields(target), verdict, before, reason } }),
  probed: ({ target, outcome: { ok, latencyMs, reason } }) => ({ level: 'trace', message: 'Probed target', fields: { ...targetFields(target), ok, latencyMs, reason } }),
  'network in doubt': ({ services }) =>
    ({ level: 'warn', message: 'Own network is in doubt: verdicts stand as they were', fields: { count: services.length, services: services.slice(0, mostNames) } }),
  'network trusted': () => ({ level: 'info', message: 'Own network is trusted again', fields: {} }),
  leading: ({ isLeading, holder }) =>
    ({ level: 'info', message: isLeading ? 'Leads: writes from now on' : 'Stands by: writes nothing', fields: { holder } }),
  'config taken': ({ services, warnings }) =>
    ({ level: warnings.length > 0 ? 'warn' : 'info', message: 'Took config', fields: { services, ...(warnings.length > 0 && { warnings }) } }),
  'config refused': ({ fault }) => ({ level: 'error', message: 'Refused config: the last good one holds, and nothing is pruned', fields: { fault } }),
  resync: resyncLine,
  withheld: ({ deletions, owned, maxDeletePercent }) =>
    ({ level: 'error', message: 'Guard withholds deletions until the config or --allow-deletes says otherwise', fields: { deletions, owned, maxDeletePercent } }),
  trouble: ({ where, message }) => ({ level: 'warn', message: 'Trouble', fields: { where, reason: message } }),
}

/** One line for one happening. */
export function logLine(happening: Happening): LogLine {
  // Each function takes the happening of its own key, which TypeScript cannot follow through a table.
  return (lines[happening.kind] as (happening: Happening) => LogLine)(happening)
}

const mostNames = 20

const addressMessages = {
  ready: 'Address is published as ready', notReady: 'Address is published as not ready', out: 'Address is not published',
} as const

function addressLine({ address: report, before, ...of }: Of<'address'>): LogLine {
  const { address, ports, hosts, published, verdict, reason } = report
  return {
    level: isLoss(published, before) ? 'warn' : 'info', message: addressMessages[published],
    fields: { ...service(of), address, ports, ...(hosts.length > 0 && { hosts }), published, before, verdict, reason },
  }
}

/** It served and does not any more, though it is still there. */
function isLoss(published: AddressReport['published'], before: Of<'address'>['before']): boolean {
  return published === 'notReady' && before === 'ready'
}

function hostLine({ state: { host, family, resolution, failures }, before }: Of<'host'>): LogLine {
  return {
    ...hostSays(resolution),
    fields: { host, type: family === 'IPv4' ? 'A' : 'AAAA', ...answerFields(resolution), before: before?.outcome, ...(failures > 0 && { failures }) },
  }
}

/** Most hosts have addresses of one family alone: of the other that is said at each start, and is as it should be. */
function hostSays(resolution: HostState['resolution']): Pick<LogLine, 'level' | 'message'> {
  switch (resolution?.outcome) {
    case undefined: return { level: 'info', message: 'Host was not asked yet' }
    case 'found': return { level: 'info', message: 'Host has addresses' }
    case 'absent':
      return resolution.reason === 'NODATA' ? { level: 'info', message: 'Host has no records of this type' } : { level: 'warn', message: 'Host does not exist' }
    case 'unknown':
      return resolution.isUnconfirmed === true
        ? { level: 'info', message: 'Host is perhaps absent: not confirmed yet' }
        : { level: 'warn', message: 'Host has no answer that can be used' }
  }
}

function answerFields(resolution: HostState['resolution']): Readonly<Record<string, unknown>> {
  if (resolution === undefined) return {}
  const { outcome } = resolution
  return outcome === 'found' ? { outcome, addresses: resolution.addresses } : { outcome, reason: resolution.reason }
}

/** The one on schedule that went well is no transition. */
function resyncLine({ cause, seconds, error }: Of<'resync'>): LogLine {
  if (error !== undefined) return { level: 'warn', message: 'Resync failed', fields: { cause, seconds, reason: error } }
  return { level: cause === 'schedule' ? 'debug' : 'info', message: 'Resync is done', fields: { cause, seconds } }
}

function service({ namespace, name }: { readonly namespace: string; readonly name: string }): { readonly service: string } {
  return { service: `${namespace}/${name}` }
}

function targetFields({ address, port, check, host }: ProbeTarget): Readonly<Record<string, unknown>> {
  return { address, port, check: check.kind, ...(host !== undefined && { host }) }
}
