// The world of a pass in memory: what DNS says, who passes, and a target.

import { addressPolicy } from '../../src/address/address-policy.ts'
import { type PassOptions, type World } from '../../src/controller/world.ts'
import { probeKey, type ProbeTarget, type Verdict } from '../../src/model/observed.ts'
import { type Target } from '../../src/model/ports.ts'
import { unknown, type Answers } from './one-service.ts'

export interface MemoryWorld {
  readonly target: Target
  /** A host without an answer is unknown. */
  readonly answers?: Answers
  /** By `address:port`; the others pass. Undefined as a whole: this pass does not probe. */
  readonly verdicts?: Readonly<Record<string, Verdict>> | undefined
  /** Told of every target that is probed. */
  readonly onProbe?: (target: ProbeTarget) => void
  readonly now?: number
}

export const passOptions: PassOptions = { prune: true, acceptAbsent: false, allowDeletes: false, recreate: false, concurrency: 4 }

export function memoryWorld({ target, answers = {}, verdicts, onProbe = () => undefined, now = 0 }: MemoryWorld): World {
  return {
    target,
    resolve: (questions) => Promise.resolve(new Map([...questions].map(([host, families]) =>
      [host, Object.fromEntries(families.map((family) => [family, answers[host]?.[family] ?? unknown]))]))),
    ...(verdicts !== undefined && {
      probe: (targets) => Promise.resolve(new Map(targets.map((each) => {
        onProbe(each)
        const verdict = verdicts[`${each.address}:${each.port}`] ?? 'ready'
        return [probeKey(each), { verdict, reason: verdict === 'ready' ? 'connected' : 'ECONNREFUSED' }]
      }))),
    }),
    addressPolicy: (own) => addressPolicy({ allowed: [], denied: [], own, permitLoopback: false }),
    now: () => now,
  }
}
