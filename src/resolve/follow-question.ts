import { type ResolverSettings } from '../model/declared.ts'
import { type Tell } from '../model/happenings.ts'
import { type HostState, type Resolution } from '../model/observed.ts'
import { type AskNameServers } from './ask-name-servers.ts'
import { type Clock } from './clock.ts'
import { holdMemory } from './hold-memory.ts'
import { believed, remember, type Terms } from './host-memory.ts'
import { type Ending, questionOf } from './look-up.ts'
import { nextAskAt } from './next-ask-at.ts'

/** What a question is followed for: how to ask, and how long to believe what. */
export type Purpose = Terms & ResolverSettings

export interface FollowedQuestion {
  readonly resolution: () => Resolution | undefined
  readonly state: () => HostState
  /** Another purpose, from the next look-up on. */
  readonly pursue: (purpose: Purpose) => void
  /** From now on nobody is asked and nobody is told. */
  readonly end: () => void
}

/** What all questions share. */
export interface Following {
  readonly ask: AskNameServers
  readonly clock: Clock
  readonly wall: (moment: number) => number
  readonly random: () => number
  readonly changed: (host: string) => void
  readonly tell: Tell
  /** Runs a look-up when there is room for it; one that failed before does not take the room of the others. */
  readonly inTurn: (hasFailed: boolean, work: () => Promise<void>) => void
}

/** Asks one question at once, and again each time its answer ends. */
export function followQuestion({ host, family }: Pick<HostState, 'host' | 'family'>, first: Purpose, following: Following): FollowedQuestion {
  const { clock, wall, tell } = following
  const ended = new AbortController()
  let purpose = first
  let askAt = clock.elapsed()
  let cancel = (): void => undefined
  const held = holdMemory(clock, () => purpose, (before) => {
    tell({ kind: 'host', state: state(), before: believed(before, wall) })
    following.changed(host)
  })
  const resolution = (): Resolution | undefined => believed(held.memory(), wall)
  const state = (): HostState => ({ host, family, resolution: resolution(), nextAskAt: wall(askAt), failures: Math.max(0, -held.memory().streak) })

  function askWhenDue(): void {
    const early = askAt - clock.elapsed()
    if (early > 0) cancel = clock.after(early, askWhenDue)
    else following.inTurn(held.memory().streak < 0, askNow)
  }

  async function askNow(): Promise<void> {
    if (ended.signal.aborted) return
    const began = clock.elapsed()
    take(await following.ask(questionOf(host, family), purpose, ended.signal).catch(asFailure), began)
  }

  function take(ending: Ending, began: number): void {
    if (ended.signal.aborted) return
    const now = clock.elapsed()
    const next = remember(held.memory(), ending, now, purpose)
    askAt = nextAskAt(next, now, purpose, following.random())
    askWhenDue()
    tell({ kind: 'asked', host, family, ...outcomeOf(ending), seconds: (now - began) / 1000 })
    held.replace(next)
  }

  function end(): void {
    ended.abort()
    cancel()
    held.end()
  }

  askWhenDue()
  return { resolution, state, end, pursue: (next) => { purpose = next } }
}

function outcomeOf(ending: Ending): { readonly outcome: 'found' | 'absent' | 'unknown'; readonly reason: string } {
  if (ending.kind === 'found') return { outcome: 'found', reason: '' }
  return { outcome: ending.kind === 'failure' ? 'unknown' : 'absent', reason: ending.reason }
}

/** A look-up that throws is a bug: it must not end the following of its host, and its status shows it. */
function asFailure(error: unknown): Ending {
  return { kind: 'failure', reason: error instanceof Error ? error.message : String(error) }
}
