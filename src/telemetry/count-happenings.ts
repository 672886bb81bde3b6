// Every happening goes to its counter. Of services only flips are kept, and only as long as somebody forgets those that are gone.

import type { Registry } from 'prom-client'
import { type Happening, type Tell } from '../model/happenings.ts'
import { type Count } from './count.ts'
import { lookups, probes, verdicts } from './count-outside.ts'
import { configLoads, leaderships, removals, resyncs, statusChanges, troubles, writes } from './count-work.ts'

/** What the happenings so far add up to beyond the registry's own counters. */
export interface Tally {
  readonly tell: Tell
  /** `namespace/name` -> how often an address of it turned from ready to not ready or back. The caller forgets what is gone. */
  readonly flips: Map<string, number>
  readonly isNetworkInDoubt: () => boolean
}

/** Counts on the registry what it is told. */
export function countHappenings(registry: Registry): Tally {
  const flips = new Map<string, number>()
  let isInDoubt = false
  const configs = configLoads(registry)
  const counts: { readonly [Kind in Happening['kind']]?: Count<Kind> } = {
    probed: probes(registry), verdict: verdicts(registry), asked: lookups(registry),
    written: writes(registry), removed: removals(registry), leading: leaderships(registry),
    'config taken': configs('taken'), 'config refused': configs('refused'),
    resync: resyncs(registry), trouble: troubles(registry), service: statusChanges(registry),
    address: ({ namespace, name, address: { published }, before }) => {
      const isFlip = before !== undefined && before !== 'out' && published !== 'out' && published !== before
      if (isFlip) flips.set(`${namespace}/${name}`, (flips.get(`${namespace}/${name}`) ?? 0) + 1)
    },
    'network in doubt': () => { isInDoubt = true },
    'network trusted': () => { isInDoubt = false },
  }
  return {
    flips,
    isNetworkInDoubt: () => isInDoubt,
    // Each function takes the happening of its own key, which TypeScript cannot follow through a table.
    tell: (happening) => { (counts[happening.kind] as ((happening: Happening) => void) | undefined)?.(happening) },
  }
}
