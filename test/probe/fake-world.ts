import { type Happening } from '../../src/model/happenings.ts'
import { type NoAttempt, probeKey, type ProbeOutcome, type ProbeTarget, type TargetState, type Verdict } from '../../src/model/observed.ts'
import { type TargetFollower } from '../../src/model/ports.ts'
import { type Wanted } from '../../src/probe/claims.ts'
import { type FollowSettings, followTargets } from '../../src/probe/follow-targets.ts'
import { type FakeClock, fakeClock } from './fake-clock.ts'
import { tcpTarget } from './outside-world.ts'

/** How a target of the fake world answers: what, and after how many ms. Never, without a time. */
export interface Answer {
  readonly is: 'pass' | 'fail' | 'trouble'
  readonly tookMs?: number
}

export interface FakeWorld {
  readonly clock: FakeClock
  readonly follower: TargetFollower
  /** From now on; by port. Who is not named passes after 1 ms. */
  readonly answers: Map<number, Answer>
  /** ms after the start of the world at which each attempt on a port began. */
  readonly begunAt: (port: number) => readonly number[]
  /** Attempts under way now, and the most that ever were, in all and on one port. */
  readonly underWay: { readonly now: number; readonly most: number; readonly mostOnOne: number }
  /** Owners as they were told of a verdict that moved. */
  readonly changed: (readonly string[])[]
  readonly told: Happening[]
  readonly state: (target: ProbeTarget) => TargetState | undefined
  /** The machine's clock is set. */
  readonly setWallClock: (byMs: number) => void
}

export function fakeWorld(settings: Pick<FollowSettings, 'concurrency' | 'random'> = {}): FakeWorld {
  const clock = fakeClock()
  const startedAt = clock.now()
  let wallClock = 1_700_000_000_000 - startedAt
  const answers: FakeWorld['answers'] = new Map()
  const begun: { readonly port: number; readonly at: number }[] = []
  const underWay = { now: 0, most: 0, mostOnOne: 0 }
  const byPort = new Map<number, number>()
  const [changed, told]: [(readonly string[])[], Happening[]] = [[], []]

  function count(port: number, by: number): void {
    const onOne = (byPort.get(port) ?? 0) + by
    byPort.set(port, onOne)
    underWay.now += by
    underWay.most = Math.max(underWay.most, underWay.now)
    underWay.mostOnOne = Math.max(underWay.mostOnOne, onOne)
  }

  function start({ port }: ProbeTarget, done: (outcome: ProbeOutcome | NoAttempt) => void): () => void {
    begun.push({ port, at: clock.now() - startedAt })
    const { is, tookMs = Infinity } = answers.get(port) ?? { is: 'pass', tookMs: 1 }
    count(port, 1)
    const cancel = tookMs === Infinity ? () => undefined : clock.after(tookMs, () => {
      count(port, -1)
      if (is === 'trouble') done({ ok: undefined, reason: 'EMFILE' })
      else done({ ok: is === 'pass', latencyMs: tookMs, reason: is === 'pass' ? 'connected' : 'ECONNREFUSED' })
    })
    return () => {
      cancel()
      count(port, -1)
    }
  }

  const follower = followTargets({
    now: () => clock.now() + wallClock, clock, start, random: () => 0.5, ...settings,
    changed: (owners) => { changed.push(owners) },
    tell: (happening) => { told.push(happening) },
  })
  return {
    clock, follower, answers, underWay, changed, told,
    begunAt: (port) => begun.filter((each) => each.port === port).map(({ at }) => at),
    state: (target) => follower.states.get(probeKey(target)),
    setWallClock: (byMs) => { wallClock += byMs },
  }
}

/** A target of the fake world; every port is another. */
export function wantedOn(port: number, before: Verdict, check: Partial<ProbeTarget['check']> = {}): Wanted {
  return { ...tcpTarget({ address: '192.0.2.1', port }, check), before }
}
