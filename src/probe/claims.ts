import { probeKey, type ProbeTarget, type Verdict } from '../model/observed.ts'

/** A target as one owner wants it probed, and what that owner remembers of it. */
export type Wanted = ProbeTarget & { readonly before: Verdict }

/** What an owner's new list changes; by probeKey. */
export interface ClaimChanges {
  /** Each target that is new to the owner, or wanted at another pace: as all its owners together want it. */
  readonly wanted: ReadonlyMap<string, ProbeTarget>
  /** What the owner remembers of those that are new to it. */
  readonly remembered: ReadonlyMap<string, Verdict>
  /** Those that nobody wants any more. */
  readonly gone: readonly string[]
}

export interface Claims {
  /** The owner's targets from now on. */
  readonly take: (owner: string, targets: readonly Wanted[]) => ClaimChanges
  readonly ownersOf: (key: string) => readonly string[]
}

/** Who wants which targets probed. Several owners share a target, at the shortest of their periods. */
export function newClaims(): Claims {
  const claims = new Map<string, ReadonlyMap<string, Wanted>>()
  const owners = new Map<string, Set<string>>()

  const ownersOf = (key: string): readonly string[] => [...owners.get(key) ?? []]
  const sharedTarget = (key: string): ProbeTarget => asOftenAsWanted(ownersOf(key).flatMap((owner) => claims.get(owner)?.get(key) ?? []))

  function leave(key: string, owner: string): void {
    const left = owners.get(key)
    left?.delete(owner)
    if (left?.size === 0) owners.delete(key)
  }

  return {
    ownersOf,
    take(owner, targets) {
      const before = claims.get(owner) ?? new Map<string, Wanted>()
      const after = new Map(targets.map((target) => [probeKey(target), target]))
      claims.set(owner, after)
      if (after.size === 0) claims.delete(owner)
      const joined = [...after].filter(([key]) => !before.has(key))
      const left = [...before.keys()].filter((key) => !after.has(key))
      const paced = [...after].filter(([key, target]) => before.has(key) && !isSamePace(before.get(key), target))
      for (const [key] of joined) owners.set(key, (owners.get(key) ?? new Set()).add(owner))
      for (const key of left) leave(key, owner)
      const touched = [...joined, ...paced].map(([key]) => key).concat(left.filter((key) => owners.has(key)))
      return {
        wanted: new Map(touched.map((key) => [key, sharedTarget(key)])),
        remembered: new Map(joined.map(([key, target]) => [key, target.before])),
        gone: left.filter((key) => !owners.has(key)),
      }
    },
  }
}

function isSamePace(a: ProbeTarget | undefined, b: ProbeTarget): boolean {
  return a?.check.periodSeconds === b.check.periodSeconds && a.check.transitionPeriodSeconds === b.check.transitionPeriodSeconds
}

/** The target as the first wants it, as often as the most impatient of them does. */
function asOftenAsWanted(targets: readonly Wanted[]): ProbeTarget {
  const [first] = targets
  if (first === undefined) throw new Error('A target that nobody wants is not probed')
  const { before: _, ...target } = first
  return { ...target, check: {
    ...target.check,
    periodSeconds: Math.min(...targets.map(({ check }) => check.periodSeconds)),
    transitionPeriodSeconds: Math.min(...targets.map(({ check }) => check.transitionPeriodSeconds)),
  } }
}
