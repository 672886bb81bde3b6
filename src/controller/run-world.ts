// What `run` is given, and what it holds of the moment: the same pipeline as a pass, with a world that is followed.

import { type Plan } from '../model/changes.ts'
import { type Declared, type DeclaredService } from '../model/declared.ts'
import { type Tell } from '../model/happenings.ts'
import {
  type Following, type HostFollower, type RefuseAddress, type Scope, type StandForElection, type Surroundings, type Target, type TargetFollower,
} from '../model/ports.ts'
import { type PassOptions, type World } from './world.ts'

export interface RunWorld {
  readonly target: Target
  readonly followObjects: (scope: Scope, heard: (keys: readonly string[]) => void) => Following
  readonly followHosts: (changed: (host: string) => void) => HostFollower
  /** Undefined where nothing is probed: written verdicts stand. */
  readonly followTargets?: (changed: (owners: readonly string[]) => void) => TargetFollower
  readonly standForElection: StandForElection
  readonly addressPolicy: (declared: Declared) => World['addressPolicy']
  readonly tell: Tell
  /** ms since the epoch. */
  readonly now: () => number
  /** Told how long a service waited for its turn, in seconds beyond the debounce. */
  readonly waited?: (seconds: number) => void
  /** Told how each look at a service ended. */
  readonly looked?: (looked: 'done' | 'waiting' | 'failed') => void
}

export type RunOptions = Pick<PassOptions, 'prune' | 'allowDeletes' | 'namespaces' | 'concurrency'>

/** What is followed while `run` runs. */
export interface Followed {
  readonly objects: Following
  readonly hosts: HostFollower
  readonly targets: TargetFollower | undefined
}

/** A service that is no longer declared, and stays for now. */
export interface Withheld {
  readonly namespace: string
  readonly name: string
  readonly why: string
  readonly since: string
}

/** What holds at this moment for every look at a service. `run` alone changes it. */
export interface Situation {
  declared: Declared
  services: ReadonlyMap<string, DeclaredService>
  /** ISO time at which this config was taken. */
  takenAt: string
  /** Why a later one was refused: nothing is pruned while it stands. */
  fault?: string
  /** Undefined until the cluster was asked for the first time. */
  surroundings?: Surroundings
  refuse: RefuseAddress
  /** Ends with the leadership; undefined for a standby. */
  leading?: AbortSignal
  /** Deletions that the guard withheld in the last resync. */
  guard?: NonNullable<Plan['guard']>
  /** What is no longer declared and the last resync did not let go, by serviceKey: why, and since when (ISO time). */
  withheld?: ReadonlyMap<string, Withheld>
  /** Namespaces in which something is to go as soon as what comes there serves. */
  awaited?: ReadonlySet<string>
  /** What the last resync could not look at, or did not let go, and why. */
  notes?: readonly string[]
}

/** A pass of `run` never accepts what is not confirmed: an absence reaches it only once it is. */
export function passOptionsOf(options: RunOptions): PassOptions {
  return { ...options, acceptAbsent: true, recreate: false }
}
