// Whether failures are believed, for `run`, where they come one by one: services whose every target fails are held
// against each other before any is judged.

import { type DeclaredService } from '../model/declared.ts'
import { probeKey, type TargetState } from '../model/observed.ts'
import { type Tell } from '../model/happenings.ts'
import { doubtNow, noDoubt, ownNetworkInDoubt, type FailedService } from '../desired/network-doubt.ts'
import { type Asked } from './observe.ts'

export interface Doubts {
  /** Notes how all targets of a service stand; service key -> why its verdicts stand as they were, where they do. */
  judge(service: DeclaredService, asked: Asked, states: ReadonlyMap<string, TargetState>): ReadonlyMap<string, string>
  forget(key: string): void
  /** Services whose verdicts stand since the own network is in doubt. */
  inDoubt(): ReadonlySet<string>
}

export interface DoubtSettings {
  readonly now: () => number
  readonly tell: Tell
  /** Services to be looked at again, and when (ms from now). */
  readonly again: (key: string, delayMs: number) => void
}

export function newDoubts({ now, tell, again }: DoubtSettings): Doubts {
  const failed = new Map<string, FailedService>()
  const probed = new Set<string>()
  let doubt = noDoubt

  const judgeAll = (): void => {
    const { inDoubt: before } = doubt
    const at = now()
    doubt = doubtNow([...failed.values()], probed.size, doubt, at)
    const { inDoubt } = doubt
    for (const [key, until] of doubt.pending) again(key, Math.min(Math.max(0, until - at), failed.get(key)?.periodMs ?? 0))
    for (const key of [...before, ...inDoubt]) if (before.has(key) !== inDoubt.has(key)) again(key, 0)
    if (before.size === 0 && inDoubt.size > 0) tell({ kind: 'network in doubt', services: [...inDoubt] })
    if (before.size > 0 && inDoubt.size === 0) tell({ kind: 'network trusted' })
  }

  const forget = (key: string): void => {
    probed.delete(key)
    if (failed.delete(key)) judgeAll()
  }

  return {
    judge(service, asked, states) {
      const { key, targets, members } = asked
      if (targets.length > 0) probed.add(key)
      else probed.delete(key)
      const found = targets.map((target) => states.get(probeKey(target)))
      // A target that is not probed can serve as far as anybody knows.
      const hasAllFailed = targets.length > 0 && targets.length === members.length && found.every((state) => state?.verdict === 'unready')
      if (!hasAllFailed) {
        if (failed.delete(key)) judgeAll()
        return new Map()
      }
      const failedAt = Math.max(...found.map((state) => state?.since ?? 0))
      const known = failed.get(key)
      if (known?.failedAt !== failedAt || doubt.pending.has(key)) {
        const hasServed = targets.some(({ before }) => before === 'ready')
        failed.set(key, { key, addresses: targets.map(({ address }) => address), failedAt, periodMs: service.healthCheck.periodSeconds * 1000, hasServed })
        judgeAll()
      }
      const reason = reasonOf(key)
      return reason === undefined ? new Map() : new Map([[key, reason]])
    },
    forget,
    inDoubt: () => doubt.inDoubt,
  }

  function reasonOf(key: string): string | undefined {
    if (doubt.inDoubt.has(key)) return ownNetworkInDoubt
    const until = doubt.pending.get(key)
    return until === undefined ? undefined : `Every target failed just now: judged at ${new Date(until).toISOString()}, in case it is the own network`
  }
}
