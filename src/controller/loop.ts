import { type Doubts } from './doubts.ts'
import { type FollowedHosts } from './followed-hosts.ts'
import { type Queue } from './queue.ts'
import { type Resync } from './resync.ts'
import { type Followed, type RunOptions, type RunWorld, type Situation } from './run-world.ts'
import { type KnownState } from './service-states.ts'

/** The parts of the loop, for those who do something to all of them. */
export interface Loop {
  readonly world: RunWorld
  readonly options: RunOptions
  readonly situation: Situation
  readonly states: Map<string, KnownState>
  readonly queue: Queue
  readonly hosts: FollowedHosts
  readonly followed: Followed
  readonly doubts: Doubts
  readonly resync: Resync
  readonly addAll: (keys: Iterable<string>) => void
  /** ISO time. */
  readonly startedAt: string
}
