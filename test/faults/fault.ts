import { type Random } from './random.ts'
import { type World } from './world.ts'
import { type WorldService } from './world-service.ts'

export type End = () => Promise<void> | void

export interface PlatformScene {
  readonly world: World
  readonly random: Random
}

export interface ServiceScene extends PlatformScene {
  readonly service: WorldService
}

interface Common {
  readonly name: string
  /** How long it lasts, in ms: from, to. */
  readonly holdMs: readonly [number, number]
  /** RULES 7: what may pass after its end, beyond the bound, until anybody can know. */
  readonly detectionMs: number
  /** What nobody has touched yet goes on suffering from it until its detection is over, whatever is true by then. */
  readonly outlasts?: true
  /** How often it is in the deck (default 1); 0 in a short run where `isSlow`. */
  readonly weight?: number
  readonly isSlow?: boolean
}

/** Of one service, while others have theirs. */
export interface ServiceFault extends Common {
  readonly lane: 'service'
  readonly suits: (service: WorldService, world: World) => boolean
  /** All targets of a service fail: two such at once are the registrar's own network, and verdicts stand. */
  readonly isWhole?: boolean
  /** The world is to be true while it lasts too, within the same bound. */
  readonly shows?: boolean
  readonly begin: (scene: ServiceScene) => Promise<End> | End
}

/** Of the API server, a process or the config: every service may be late by it. */
export interface PlatformFault extends Common {
  readonly lane: 'platform' | 'oneShot'
  readonly begin: (scene: PlatformScene) => Promise<End> | End
}

export type Fault = ServiceFault | PlatformFault
