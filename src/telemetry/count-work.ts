// What the controller did, added up.

import type { Registry } from 'prom-client'
import { type Count } from './count.ts'
import { combinations, counter, histogram } from './metric.ts'

const resyncSeconds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300]

export function writes(registry: Registry): Count<'written'> {
  const total = counter(registry, { name: 'writes_total', help: 'Objects written, by verb and kind.' }, ['verb', 'kind'],
    combinations({ verb: ['create', 'update', 'delete'], kind: ['Service', 'EndpointSlice', 'Endpoints'] }))
  return ({ verb, object }) => { total.inc({ verb, kind: object }) }
}

export function removals(registry: Registry): Count<'removed'> {
  const total = counter(registry, { name: 'removals_total', help: 'Services no longer declared that were deleted (prune) or released (release).' },
    ['how'], combinations({ how: ['prune', 'release'] }))
  return ({ how }) => { total.inc({ how }) }
}

export function leaderships(registry: Registry): Count<'leading'> {
  const total = counter(registry, { name: 'leadership_changes_total', help: 'Times that this process began (true) or ceased (false) to lead.' },
    ['leading'], combinations({ leading: ['true', 'false'] }))
  return ({ isLeading }) => { total.inc({ leading: String(isLeading) }) }
}

export function resyncs(registry: Registry): Count<'resync'> {
  const total = counter(registry, { name: 'resyncs_total', help: 'Full resyncs, by cause and outcome.' }, ['cause', 'outcome'],
    combinations({ cause: ['start', 'leading', 'schedule', 'config', 'asked', 'removal'], outcome: ['done', 'failed'] }))
  const duration = histogram(registry, { name: 'resync_duration_seconds', help: 'How long a full resync took.' }, resyncSeconds)
  return ({ cause, seconds, error }) => {
    total.inc({ cause, outcome: error === undefined ? 'done' : 'failed' })
    duration.observe(seconds)
  }
}

export function statusChanges(registry: Registry): Count<'service'> {
  const total = counter(registry, { name: 'service_status_changes_total', help: 'Services whose status or messages changed, by the status they came to.' },
    ['status'], combinations({ status: ['done', 'kept', 'refused', 'failed', 'paused', 'withheld'] }))
  return ({ status }) => { total.inc({ status }) }
}

export function configLoads(registry: Registry): (outcome: 'taken' | 'refused') => () => void {
  const total = counter(registry, { name: 'config_loads_total', help: 'Configs that were read, by what became of them.' }, ['outcome'],
    combinations({ outcome: ['taken', 'refused'] }))
  return (outcome) => () => { total.inc({ outcome }) }
}

const places: readonly string[] = ['service', 'watch', 'lease', 'events', 'probe', 'resync', 'schedule', 'admin', 'other']

export function troubles(registry: Registry): Count<'trouble'> {
  const total = counter(registry, { name: 'troubles_total', help: 'Things that went wrong and were gone on from, by where.' }, ['where'], combinations({ where: places }))
  return ({ where }) => { total.inc({ where: placeOf(where) }) }
}

/** Where a trouble was met is free text: a service's key, a watch of something, or one of the few. */
function placeOf(where: string): string {
  if (where.startsWith('Watch of ')) return 'watch'
  if (/^[^ /]+\/[^ /]+$/.test(where)) return 'service'
  return places.includes(where) ? where : 'other'
}
