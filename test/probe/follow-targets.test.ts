import { describe, expect, test } from '@jest/globals'
import { type Happening } from '../../src/model/happenings.ts'
import { probeKey, type Verdict } from '../../src/model/observed.ts'
import { fakeWorld, wantedOn } from './fake-world.ts'

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index)
/** The same times but for the few ms by which several share a timer. */
const about = (times: readonly number[]): number[] => times.map((at) => Math.round(at / 20) * 20)
const grain = 10
const verdicts = (told: readonly Happening[]): unknown[] =>
  told.filter((happening) => happening.kind === 'verdict').map(({ verdict, before, reason }) => [before, verdict, reason])

describe('followTargets() when', () => {
  test.each<[Verdict, number, number[]]>([
    ['unprobed', 0.5, [0, 5000, 15_000]], ['unprobed', 0.9, [0, 9000, 19_000]],
    ['ready', 0, [0, 10_000, 20_000]], ['ready', 0.5, [5000, 15_000]], ['unready', 0.9, [9000, 19_000]],
  ])('probes a newcomer that was %s, with %d for a random number, at %j', async (before, random, expected) => {
    const { follower, clock, begunAt } = fakeWorld({ random: () => random })
    follower.follow('a', [wantedOn(1, before)])
    await clock.advance(21_000)
    expect(about(begunAt(1))).toEqual(expected)
  })

  test('spreads the first probes over the period', async () => {
    const { follower, clock, begunAt } = fakeWorld({ random: Math.random })
    for (const port of range(500)) follower.follow(`service-${port}`, [wantedOn(port, 'ready')])
    await clock.advance(10_000)
    const first = range(500).flatMap((port) => begunAt(port).slice(0, 1))
    expect(first).toHaveLength(500)
    for (const tenth of range(10)) {
      const inTenth = first.filter((at) => Math.floor(at / 1000) === tenth).length
      expect(inTenth).toBeGreaterThan(10)
      expect(inTenth).toBeLessThan(150)
    }
  })

  test('keeps the phase of a target however long it takes', async () => {
    const { follower, clock, begunAt, answers } = fakeWorld()
    follower.follow('a', [wantedOn(1, 'ready')])
    for (const tookMs of [4000, 9000, 1, 2500]) {
      answers.set(1, { is: 'pass', tookMs })
      await clock.advance(10_000)
    }
    expect(about(begunAt(1))).toEqual([5000, 15_000, 25_000, 35_000])
  })

  test('never tries a target twice at a time, and goes on at once with one that takes longer than its period', async () => {
    const { follower, clock, begunAt, answers, underWay } = fakeWorld()
    answers.set(1, { is: 'pass', tookMs: 2500 })
    follower.follow('a', [wantedOn(1, 'ready', { periodSeconds: 1 })])
    await clock.advance(10_000)
    expect(about(begunAt(1))).toEqual([500, 3000, 5500, 8000])
    expect(underWay.mostOnOne).toBe(1)
  })

  test('tries once for all periods that this process slept through, and does not leave the targets in step', async () => {
    const { follower, clock, begunAt } = fakeWorld({ random: Math.random })
    for (const port of range(20)) follower.follow(`service-${port}`, [wantedOn(port, 'ready')])
    await clock.advance(10_000)
    const before = range(20).map((port) => begunAt(port)[0] ?? 0)
    await clock.stall(3_600_000)
    await clock.advance(10_001)
    for (const port of range(20)) {
      const [, slept, next] = begunAt(port)
      expect(slept).toBe(3_610_000)
      expect(Math.abs((next ?? 0) - (before[port] ?? 0) - 3_610_000)).toBeLessThan(grain)
    }
  })

  test('does not look at the machine\'s clock', async () => {
    const { follower, clock, begunAt, setWallClock } = fakeWorld()
    follower.follow('a', [wantedOn(1, 'ready')])
    await clock.advance(11_000)
    setWallClock(-3_600_000)
    await clock.advance(10_000)
    setWallClock(7_200_000)
    await clock.advance(10_000)
    expect(about(begunAt(1))).toEqual([5000, 15_000, 25_000])
  })
})

describe('followTargets() verdict', () => {
  test('moves by attempts in a row, which come sooner until it has moved, and are in phase again then', async () => {
    const { follower, clock, begunAt, answers, state, changed, told } = fakeWorld()
    const target = wantedOn(1, 'ready', { failureThreshold: 3, successThreshold: 2 })
    follower.follow('a', [target])
    answers.set(1, { is: 'fail', tookMs: 30 })
    await clock.advance(7000)
    expect(state(target)).toMatchObject({ verdict: 'ready', streak: -2, reason: 'ECONNREFUSED', latencyMs: 30, since: 1_700_000_000_000 })
    expect(changed).toEqual([])
    await clock.advance(1000)
    expect(state(target)).toMatchObject({ verdict: 'unready', streak: -3 })
    expect(changed).toEqual([['a']])
    await clock.advance(14_000)
    answers.set(1, { is: 'pass', tookMs: 30 })
    await clock.advance(14_000)
    expect(about(begunAt(1))).toEqual([5000, 6000, 7000, 15_000, 25_000, 26_000, 35_000])
    expect(state(target)).toMatchObject({ verdict: 'ready', streak: 3, reason: 'connected' })
    expect(changed).toEqual([['a'], ['a']])
    expect(verdicts(told)).toEqual([['ready', 'unready', 'ECONNREFUSED'], ['unready', 'ready', 'connected']])
  })

  test('stays where failures are not in a row', async () => {
    const { follower, clock, begunAt, answers, changed, state } = fakeWorld()
    const target = wantedOn(1, 'ready', { failureThreshold: 2 })
    follower.follow('a', [target])
    answers.set(1, { is: 'fail', tookMs: 1 })
    await clock.advance(5500)
    answers.delete(1)
    await clock.advance(10_000)
    expect(about(begunAt(1))).toEqual([5000, 6000, 15_000])
    expect(state(target)).toMatchObject({ verdict: 'ready', streak: 2 })
    expect(changed).toEqual([])
  })

  test('of a newcomer is told once it is decided', async () => {
    const { follower, clock, answers, changed, told, state } = fakeWorld()
    const [good, bad] = [wantedOn(1, 'unprobed'), wantedOn(2, 'unprobed', { failureThreshold: 2 })]
    answers.set(2, { is: 'fail', tookMs: 1 })
    follower.follow('good', [good])
    follower.follow('bad', [bad])
    expect([state(good), state(bad)]).toMatchObject([{ verdict: 'unprobed', reason: 'not probed yet' }, { verdict: 'unprobed' }])
    await clock.advance(100)
    expect(changed).toEqual([['good']])
    expect(state(bad)).toMatchObject({ verdict: 'unprobed', streak: -1, reason: 'ECONNREFUSED' })
    await clock.advance(1000)
    expect(changed).toEqual([['good'], ['bad']])
    expect(verdicts(told)).toEqual([['unprobed', 'ready', 'connected'], ['unprobed', 'unready', 'ECONNREFUSED']])
  })

  test('has a time that is that of its move, and a next attempt that is announced', async () => {
    const { follower, clock, answers, state, begunAt } = fakeWorld()
    const target = wantedOn(1, 'ready', { failureThreshold: 1 })
    follower.follow('a', [target])
    await clock.advance(6000)
    expect(Math.abs((state(target)?.nextProbeAt ?? 0) - 1_700_000_015_000)).toBeLessThanOrEqual(1)
    answers.set(1, { is: 'fail', tookMs: 100 })
    await clock.advance(20_000)
    const moved = state(target)
    expect(moved?.since).toBe(1_700_000_000_000 + (begunAt(1)[1] ?? 0) + 100)
    await clock.advance(10_000)
    expect(state(target)?.since).toBe(moved?.since)
  })

  test('is told of every attempt, with what it found', async () => {
    const { follower, clock, told } = fakeWorld()
    follower.follow('a', [wantedOn(1, 'ready')])
    await clock.advance(25_100)
    expect(told).toEqual(Array(3).fill(expect.objectContaining({ kind: 'probed', outcome: { ok: true, latencyMs: 1, reason: 'connected' } })))
  })
})

describe('followTargets() owners', () => {
  test('share a target: it is probed once, and all are told', async () => {
    const { follower, clock, begunAt, answers, changed } = fakeWorld()
    answers.set(1, { is: 'fail', tookMs: 1 })
    for (const owner of ['a', 'b', 'c']) follower.follow(owner, [wantedOn(1, 'ready', { failureThreshold: 1 })])
    await clock.advance(10_000)
    expect(about(begunAt(1))).toEqual([5000])
    expect(changed).toEqual([['a', 'b', 'c']])
    expect(follower.states.size).toBe(1)
  })

  test('share it at the shortest of their periods, from at once', async () => {
    const { follower, clock, begunAt } = fakeWorld()
    follower.follow('slow', [wantedOn(1, 'ready', { periodSeconds: 60 })])
    await clock.advance(31_000)
    follower.follow('fast', [wantedOn(1, 'ready', { periodSeconds: 2 })])
    await clock.advance(4500)
    follower.follow('fast', [])
    await clock.advance(60_000)
    expect(about(begunAt(1))).toEqual([30_000, 32_000, 34_000, 36_000, 90_000])
  })

  test('change its pace also while an attempt is under way', async () => {
    const { follower, clock, begunAt, answers, underWay } = fakeWorld()
    answers.set(1, { is: 'pass', tookMs: 3000 })
    follower.follow('a', [wantedOn(1, 'ready', { periodSeconds: 60 })])
    await clock.advance(31_000)
    follower.follow('a', [wantedOn(1, 'ready', { periodSeconds: 5 })])
    await clock.advance(10_000)
    expect(about(begunAt(1))).toEqual([30_000, 35_000, 40_000])
    expect(underWay.mostOnOne).toBe(1)
  })

  test('change its pace also in the moment in which an attempt begins', async () => {
    const { follower, clock, answers, underWay } = fakeWorld()
    answers.set(1, { is: 'pass', tookMs: 3000 })
    follower.follow('a', [wantedOn(1, 'ready', { periodSeconds: 60 })])
    while (underWay.now === 0) await clock.advance(0.5)
    follower.follow('a', [wantedOn(1, 'ready', { periodSeconds: 0.001 })])
    await clock.advance(2000)
    expect(underWay.mostOnOne).toBe(1)
  })

  test('change its pace, and the time that it had before is no longer one', async () => {
    const { follower, clock, begunAt } = fakeWorld()
    follower.follow('a', [wantedOn(1, 'ready', { periodSeconds: 60 })])
    await clock.advance(31_000)
    follower.follow('a', [wantedOn(1, 'ready', { periodSeconds: 25 })])
    await clock.advance(70_000)
    expect(about(begunAt(1))).toEqual([30_000, 55_000, 80_000])
  })

  test.each<[Verdict[], Verdict]>([
    [['unprobed', 'unready'], 'unready'], [['unready', 'ready'], 'ready'], [['ready', 'unprobed'], 'ready'], [['unprobed', 'ready', 'unready'], 'ready'],
  ])('that remember %j make it %s until it is probed', async (befores, verdict) => {
    const { follower, changed, told, state } = fakeWorld()
    for (const [index, before] of befores.entries()) follower.follow(`owner-${index}`, [wantedOn(1, before)])
    expect(state(wantedOn(1, 'ready'))?.verdict).toBe(verdict)
    // Those that came before it learn what the others remember, and it is no news of the target.
    const moves = befores.filter((before, index) => index > 0 && before === verdict && !befores.slice(0, index).includes(verdict)).length
    expect(changed).toHaveLength(moves)
    expect(told).toEqual([])
    await follower.stop()
  })

  test('cannot bring a belief against what the attempts have decided', async () => {
    const { follower, clock, answers, state } = fakeWorld()
    answers.set(1, { is: 'fail', tookMs: 1 })
    follower.follow('a', [wantedOn(1, 'ready', { failureThreshold: 1 })])
    await clock.advance(6000)
    follower.follow('b', [wantedOn(1, 'ready', { failureThreshold: 1 })])
    expect(state(wantedOn(1, 'ready', { failureThreshold: 1 }))?.verdict).toBe('unready')
  })

  test('may say the same again and again: nothing moves', async () => {
    const { follower, clock, begunAt, state, changed } = fakeWorld()
    const target = wantedOn(1, 'unprobed')
    for (const _ of range(200)) {
      follower.follow('a', [{ ...target, before: 'unprobed' }])
      await clock.advance(100)
    }
    expect(about(begunAt(1))).toEqual([0, 5000, 15_000])
    expect(state(target)).toMatchObject({ verdict: 'ready', streak: 3 })
    expect(changed).toHaveLength(1)
  })
})

describe('followTargets() a target that is no longer wanted', () => {
  test('is probed no more and forgotten, but not while another wants it', async () => {
    const { follower, clock, begunAt, state } = fakeWorld()
    const [one, two] = [wantedOn(1, 'ready'), wantedOn(2, 'ready')]
    follower.follow('a', [one, two])
    follower.follow('b', [two])
    await clock.advance(6000)
    follower.follow('a', [])
    expect([state(one), state(two)]).toEqual([undefined, expect.objectContaining({ verdict: 'ready' })])
    await clock.advance(20_000)
    expect([begunAt(1).length, begunAt(2).length]).toEqual([1, 3])
    follower.follow('b', [])
    expect(follower.states.size).toBe(0)
    expect(clock.pending()).toBe(0)
  })

  test('has its attempt ended, and nothing is told of it', async () => {
    const { follower, clock, answers, underWay, told, changed } = fakeWorld()
    answers.set(1, { is: 'fail' })
    follower.follow('a', [wantedOn(1, 'unprobed', { failureThreshold: 1 })])
    await clock.advance(100)
    expect(underWay.now).toBe(1)
    follower.follow('a', [])
    await clock.advance(60_000)
    expect([underWay.now, follower.states.size, told, changed]).toEqual([0, 0, [], []])
  })

  test('starts anew when it is wanted again, with what is remembered of it then', async () => {
    const { follower, clock, answers, state, begunAt } = fakeWorld()
    const target = wantedOn(1, 'ready', { failureThreshold: 1 })
    answers.set(1, { is: 'fail', tookMs: 1 })
    follower.follow('a', [target])
    await clock.advance(6000)
    follower.follow('a', [])
    follower.follow('a', [target])
    expect(state(target)).toMatchObject({ verdict: 'ready', streak: 0, since: 1_700_000_006_000 })
    await clock.advance(6000)
    expect(about(begunAt(1))).toEqual([5000, 11_000])
  })

  test('gives its place in the queue to the next', async () => {
    const { follower, clock, answers, begunAt } = fakeWorld({ concurrency: 2 })
    answers.set(1, { is: 'pass', tookMs: 400 })
    for (const port of [1, 2, 3]) follower.follow(`service-${port}`, [wantedOn(port, 'unprobed')])
    await clock.advance(100)
    follower.follow('service-2', [])
    await clock.advance(1000)
    expect([begunAt(2), about(begunAt(3))]).toEqual([[], [400]])
  })

  test('is never one without a check: that is not probed at all', async () => {
    const { follower, clock, told } = fakeWorld()
    follower.follow('a', [{ ...wantedOn(1, 'unprobed'), check: { ...wantedOn(1, 'unprobed').check, kind: 'none' } }])
    await clock.advance(60_000)
    expect([follower.states.size, told, clock.pending()]).toEqual([0, [], 0])
  })
})

describe('followTargets() slots', () => {
  test('are as many as were given and no more, and none is lost', async () => {
    const { follower, clock, answers, underWay, begunAt } = fakeWorld({ concurrency: 20 })
    for (const port of range(100)) {
      answers.set(port, { is: port % 3 === 0 ? 'fail' : port % 3 === 1 ? 'trouble' : 'pass', tookMs: 100 + port * 10 })
      follower.follow(`service-${port}`, [wantedOn(port, 'unprobed', { periodSeconds: 1 })])
    }
    await clock.advance(60_000)
    for (const port of range(50)) follower.follow(`service-${port}`, [])
    for (const port of range(100)) answers.delete(port)
    await clock.advance(20_000)
    expect(underWay.most).toBe(20)
    for (const port of range(50)) expect(begunAt(port + 50).filter((at) => at > 70_000)).toHaveLength(10)
    await follower.stop()
    expect([underWay.now, clock.pending()]).toEqual([0, 0])
  })

  test('are enough for the others where 200 neighbours are black holes', async () => {
    const { follower, clock, answers, begunAt, state } = fakeWorld({ random: Math.random })
    const check = { periodSeconds: 1, failureThreshold: 3 }
    for (const port of range(1000)) {
      if (port < 200) answers.set(port, { is: 'fail', tookMs: 2000 })
      follower.follow(`service-${port}`, [wantedOn(port, 'ready', check)])
    }
    await clock.advance(10_000)
    expect(range(200).every((port) => state(wantedOn(port, 'ready', check))?.verdict === 'unready')).toBe(true)
    for (const port of range(1000).slice(200)) {
      const waits = begunAt(port).map((at, index, all) => at - (all[index - 1] ?? at - 1000))
      expect(Math.max(...waits)).toBeLessThan(1000 + grain)
    }
  }, 60_000)

  test('of the slow are taken by the slow alone, however many they are', async () => {
    const { follower, clock, answers, begunAt } = fakeWorld({ concurrency: 20, random: Math.random })
    for (const port of range(100)) {
      if (port < 90) answers.set(port, { is: 'fail', tookMs: 2000 })
      follower.follow(`service-${port}`, [wantedOn(port, 'ready', { periodSeconds: 1 })])
    }
    // Each has hung once by then.
    await clock.advance(30_000)
    await clock.advance(10_000)
    for (const port of range(10)) {
      const late = begunAt(port + 90).filter((at) => at > 31_000)
      expect(late.length).toBeGreaterThanOrEqual(8)
      const waits = late.map((at, index) => at - (late[index - 1] ?? at - 1000))
      expect(Math.max(...waits)).toBeLessThan(1000 + grain)
    }
  })
})

describe('followTargets() trouble of our own', () => {
  test('moves nothing, and is told once a minute', async () => {
    const { follower, clock, answers, state, told, changed } = fakeWorld()
    const targets = range(5).map((port) => wantedOn(port, 'ready', { failureThreshold: 1 }))
    follower.follow('a', targets)
    await clock.advance(6000)
    for (const port of range(5)) answers.set(port, { is: 'trouble', tookMs: 1 })
    told.length = 0
    await clock.advance(100_000)
    for (const target of targets) expect(state(target)).toMatchObject({ verdict: 'ready', streak: 1, reason: 'connected', latencyMs: 1 })
    expect(changed).toEqual([])
    expect(told).toEqual(Array(2).fill({ kind: 'trouble', where: 'probe', message: 'Could not probe, verdicts stand: EMFILE' }))
  })

  test('is the reason of a newcomer that could not be probed, which is tried again soon', async () => {
    const { follower, clock, answers, state } = fakeWorld()
    answers.set(1, { is: 'trouble', tookMs: 1 })
    follower.follow('a', [wantedOn(1, 'unprobed')])
    await clock.advance(100)
    expect(state(wantedOn(1, 'unprobed'))).toMatchObject({ verdict: 'unprobed', streak: 0, reason: 'not probed: EMFILE' })
    answers.delete(1)
    await clock.advance(1000)
    expect(state(wantedOn(1, 'unprobed'))).toMatchObject({ verdict: 'ready', reason: 'connected' })
  })

  test('does not break a streak', async () => {
    const { follower, clock, answers, state } = fakeWorld()
    const target = wantedOn(1, 'ready', { failureThreshold: 2 })
    follower.follow('a', [target])
    answers.set(1, { is: 'fail', tookMs: 1 })
    await clock.advance(5500)
    answers.set(1, { is: 'trouble', tookMs: 1 })
    await clock.advance(1000)
    answers.set(1, { is: 'fail', tookMs: 1 })
    await clock.advance(1000)
    expect(state(target)).toMatchObject({ verdict: 'unready', streak: -2 })
  })
})

describe('followTargets() stop', () => {
  test('ends what is under way and leaves no timer', async () => {
    const { follower, clock, answers, underWay, told } = fakeWorld({ concurrency: 10 })
    for (const port of range(20)) {
      if (port < 10) answers.set(port, { is: 'pass' })
      follower.follow(`service-${port}`, [wantedOn(port, port % 2 === 0 ? 'unprobed' : 'ready')])
    }
    await clock.advance(100)
    expect(underWay.now).toBe(5)
    await follower.stop()
    expect([underWay.now, clock.pending(), follower.states.size]).toEqual([0, 0, 0])
    const before = told.length
    await clock.advance(60_000)
    expect(told).toHaveLength(before)
  })

  test('is for good, and may be asked for twice', async () => {
    const { follower, clock, begunAt } = fakeWorld()
    await Promise.all([follower.stop(), follower.stop()])
    follower.follow('a', [wantedOn(1, 'unprobed')])
    await clock.advance(60_000)
    expect([begunAt(1), follower.states.size, clock.pending()]).toEqual([[], 0, 0])
  })
})

test('followTargets() keys its states by probeKey', async () => {
  const { follower } = fakeWorld()
  const { before: _, ...target } = wantedOn(1, 'ready')
  follower.follow('a', [{ ...target, before: 'ready' }])
  expect([...follower.states]).toEqual([[probeKey(target), expect.objectContaining({ target })]])
  await follower.stop()
})
