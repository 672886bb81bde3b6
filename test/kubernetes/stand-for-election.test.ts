// The election on a virtual clock: each guard against two leaders, and every way to lose a lease.

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { leaseDurations } from '../../src/kubernetes/lease-decision.ts'
import { type LeaseLeadership, standForElection } from '../../src/kubernetes/stand-for-election.ts'
import { type Happening } from '../../src/model/happenings.ts'
import { virtualTime, type VirtualTime } from '../support/virtual-time.ts'
import { leaseServer, machine, type LeaseServer, type Machine, type Passage } from './lease-server.ts'

const prompt: Passage = { thereMs: 5, backMs: 5 }

interface Candidate {
  readonly leadership: LeaseLeadership
  readonly machine: Machine
  /** What becomes of its next calls. */
  readonly link: { passage: Passage }
  /** The signal of each of its terms. */
  readonly terms: AbortSignal[]
  readonly told: Happening[]
}

let time: VirtualTime
let server: LeaseServer
let candidates: Candidate[]

beforeEach(() => {
  time = virtualTime()
  server = leaseServer(time)
  candidates = []
})

afterEach(async () => {
  const stops = candidates.map(({ leadership, machine: of }) => {
    of.frozenUntil = 0
    return leadership.stop()
  })
  await time.advance(60_000)
  await Promise.all(stops)
  expect(time.waiting()).toBe(0)
})

function stand(identity: string, skewMs = 0): Candidate {
  const of = machine(time, { skewMs })
  const terms: AbortSignal[] = []
  const told: Happening[] = []
  const link = { passage: prompt }
  const self: Candidate = {
    machine: of, terms, told, link,
    leadership: standForElection({
      client: server.client(of, () => link.passage), namespace: 'shop', name: 'lease', identity, tell: (happening) => { told.push(happening) }, clock: of.clock,
    })((leading) => { terms.push(leading) }),
  }
  candidates.push(self)
  return self
}

/** The ms at which it is true for the first time, to the nearest 10. */
async function when(isSo: () => boolean, mostMs = 60_000): Promise<number> {
  const start = time.now()
  while (!isSo()) {
    if (time.now() - start > mostMs) throw new Error(`Not within ${mostMs} ms`)
    await time.advance(10)
  }
  return time.now() - start
}

const isLeading = (candidate: Candidate) => (): boolean => candidate.leadership.isLeading()
const holder = (): unknown => server.lease?.spec?.holderIdentity

describe('standForElection leads', () => {
  test('where there is no lease, at once, and renews it at its pace', async () => {
    const one = stand('one')
    expect(one.leadership.isLeading()).toBe(false)
    await when(isLeading(one), 100)
    await time.advance(20_000)
    expect(server.stored.map(({ at, text }) => `${at} ${text}`).slice(0, 4)).toEqual(['15 POST one', '2005 PUT one', '4005 PUT one', '6005 PUT one'])
    expect(server.lease?.spec).toMatchObject({ holderIdentity: 'one', leaseDurationSeconds: 15, leaseTransitions: 0, acquireTime: '2026-11-23T12:00:00.010000Z' })
    expect(one.terms).toHaveLength(1)
    expect(one.told).toEqual([{ kind: 'leading', isLeading: true, holder: 'one' }])
  })

  test('alone: the other stands by, and says who holds it', async () => {
    const one = stand('one')
    await when(isLeading(one))
    const other = stand('other')
    await time.advance(60_000)
    expect([one, other].map((each) => each.leadership.isLeading())).toEqual([true, false])
    expect(other.leadership.holder()).toBe('one')
    expect(other.leadership.writeWindowMs()).toBe(0)
    expect(other.told).toEqual([{ kind: 'leading', isLeading: false, holder: 'one' }])
    expect(server.stored.some(({ text }) => text.includes('other'))).toBe(false)
  })

  test('after another that died, within the lease duration and two retries', async () => {
    const one = stand('one')
    await when(isLeading(one))
    const other = stand('other')
    await time.advance(7300)
    one.machine.frozenUntil = Infinity
    expect(await when(isLeading(other))).toBeLessThanOrEqual(19_000)
    expect(server.lease?.spec).toMatchObject({ holderIdentity: 'other', leaseTransitions: 1 })
    expect(one.leadership.isLeading()).toBe(false)
  })

  test.each([['an hour behind', -3_600_000], ['an hour ahead', 3_600_000]])('no sooner where its wall clock is %s', async (_name, skewMs) => {
    const one = stand('one')
    one.machine.wallSkewMs = skewMs
    await when(isLeading(one))
    const other = stand('other', 500_000)
    await time.advance(60_000)
    expect([one, other].map((each) => each.leadership.isLeading())).toEqual([true, false])
  })

  test('a lease that it finds only after it has watched it for its whole duration', async () => {
    server.lease = { metadata: { namespace: 'shop', name: 'lease', resourceVersion: '1' }, spec: { holderIdentity: 'dead', leaseDurationSeconds: 15, renewTime: '2020-01-01T00:00:00.000000Z' } }
    expect(await when(isLeading(stand('one')))).toBeGreaterThanOrEqual(15_000)
  })

  test('within a retry period of the release by another, once its work had ended', async () => {
    const one = stand('one')
    await when(isLeading(one))
    const other = stand('other')
    await time.advance(5000)
    const stopped = one.leadership.stop()
    expect([one.leadership.isLeading(), one.terms[0]?.aborted]).toEqual([false, true])
    expect(await when(isLeading(other))).toBeLessThanOrEqual(2500)
    await stopped
    expect(server.stored.map(({ text }) => text).slice(-2)).toEqual(['PUT ', 'PUT other'])
  })

  test('again, by a lease that was deleted and that it makes anew', async () => {
    const one = stand('one')
    await when(isLeading(one))
    server.lease = undefined
    await when(() => holder() === 'one')
    expect(await when(() => one.terms.length === 2, 100)).toBeLessThanOrEqual(100)
    expect(one.terms.map(({ aborted }) => aborted)).toEqual([true, false])
  })

  test('on, where its lease was labelled by hand', async () => {
    const one = stand('one')
    await when(isLeading(one))
    server.edit((lease) => ({ ...lease, metadata: { ...lease.metadata, labels: { by: 'hand' } } }))
    await time.advance(20_000)
    expect(one.terms.map(({ aborted }) => aborted)).toEqual([false])
    expect(server.lease).toMatchObject({ metadata: { labels: { by: 'hand' } }, spec: { holderIdentity: 'one', leaseTransitions: 0 } })
  })

  test('in another term, where its lease was emptied by hand: another may have held it meanwhile', async () => {
    const one = stand('one')
    await when(isLeading(one))
    server.edit((lease) => ({ ...lease, spec: { ...lease.spec, holderIdentity: '' } }))
    await time.advance(3000)
    expect(one.terms.map(({ aborted }) => aborted)).toEqual([true, false])
    expect(server.lease?.spec).toMatchObject({ holderIdentity: 'one', leaseTransitions: 1 })
  })

  test('no longer, where its lease was given to another by hand', async () => {
    const one = stand('one')
    await when(isLeading(one))
    server.edit((lease) => ({ ...lease, spec: { ...lease.spec, holderIdentity: 'ghost' } }))
    expect(await when(() => !one.leadership.isLeading())).toBeLessThanOrEqual(2100)
    expect(one.terms[0]?.aborted).toBe(true)
    expect(await when(isLeading(one))).toBeGreaterThanOrEqual(15_000)
  })
})

describe('standForElection stops leading', () => {
  test('at the deadline of its last renewal, though a call still waits for its answer', async () => {
    const one = stand('one')
    await when(isLeading(one))
    await time.advance(4000)
    const renewedAt = time.now() - (time.now() % 2000)
    one.link.passage = { ...prompt, lost: 'request' }
    await when(() => !one.leadership.isLeading())
    expect(time.now() - renewedAt).toBeGreaterThanOrEqual(9900)
    expect(time.now() - renewedAt).toBeLessThanOrEqual(10_100)
    expect(one.terms[0]?.aborted).toBe(true)
    expect(one.told.at(-1)).toEqual({ kind: 'leading', isLeading: false, holder: 'one' })
    expect(one.leadership.holder()).toBeUndefined()
  })

  test('counting from when the renewal began, not from when it was answered', async () => {
    const one = stand('one')
    await when(isLeading(one))
    one.link.passage = { thereMs: 5, backMs: 4000 }
    await time.advance(2000)
    one.link.passage = { ...prompt, lost: 'request' }
    const renewalBeganAt = 2010
    await time.advance(5000)
    await when(() => !one.leadership.isLeading())
    expect(time.now()).toBeLessThanOrEqual(renewalBeganAt + 10_000 + 10)
  })

  test('by its clock alone, when it was frozen, and goes on as a standby', async () => {
    const one = stand('one')
    await when(isLeading(one))
    const other = stand('other')
    await time.advance(5000)
    one.machine.frozenUntil = time.now() + 60_000
    expect(one.leadership.isLeading()).toBe(true)
    await time.advance(59_000)
    // Nothing of it has run since.
    expect([one.leadership.isLeading(), one.leadership.writeWindowMs(), one.terms[0]?.aborted]).toEqual([false, 0, false])
    expect(other.leadership.isLeading()).toBe(true)
    await time.advance(5000)
    expect([one.terms[0]?.aborted, one.leadership.holder(), one.terms.length]).toEqual([true, 'other', 1])
    void other.leadership.stop()
    expect(await when(isLeading(one))).toBeLessThanOrEqual(2500)
    expect(one.terms.map(({ aborted }) => aborted)).toEqual([true, false])
  })

  test('when it was frozen and nobody took the lease: what follows is another term', async () => {
    const one = stand('one')
    await when(isLeading(one))
    one.machine.frozenUntil = time.now() + 60_000
    await time.advance(61_000)
    expect([one.leadership.isLeading(), one.terms.map(({ aborted }) => aborted)]).toEqual([true, [true, false]])
    expect(server.lease?.spec).toMatchObject({ leaseTransitions: 0 })
  })

  test.each([
    ['begins another term by an answer that came after the deadline', 11_000, true, [true, false]],
    ['begins none by an answer that is older than a deadline', 13_000, false, [true]],
  ])('by its clock alone, when it was frozen in a renewal, and %s', async (_name, untilMs, isLeadingAgain, aborted) => {
    const one = stand('one')
    await when(isLeading(one))
    // Of a renewal that began at 2000: stored and answered while the process is stopped.
    await time.advance(2002 - time.now())
    one.machine.frozenUntil = untilMs
    await time.advance(untilMs - 1 - time.now())
    expect(one.leadership.isLeading()).toBe(false)
    await time.advance(2)
    expect([one.leadership.isLeading(), one.terms.map((term) => term.aborted)]).toEqual([isLeadingAgain, aborted])
  })

  test('and says once a minute what is wrong', async () => {
    const one = stand('one')
    await when(isLeading(one))
    one.link.passage = { ...prompt, lost: 'answer' }
    await time.advance(150_000)
    expect(one.told.filter(({ kind }) => kind === 'trouble')).toEqual(Array(3).fill({ kind: 'trouble', where: 'lease', message: 'The API server did not answer in time' }))
  })
})

describe('stop', () => {
  test('of a standby asks for nothing and gives back nothing', async () => {
    const one = stand('one')
    await when(isLeading(one))
    const other = stand('other')
    await time.advance(500)
    const before = server.calls()
    const stopped = other.leadership.stop()
    await time.advance(10)
    await stopped
    expect(server.calls()).toBe(before)
    expect(holder()).toBe('one')
  })

  test('in the middle of a renewal gives the lease back all the same', async () => {
    const one = stand('one')
    await when(isLeading(one))
    one.link.passage = { thereMs: 300, backMs: 300 }
    await time.advance(2100)
    const stopped = one.leadership.stop()
    await time.advance(5000)
    await stopped
    expect(holder()).toBe('')
  })

  test('looks again where a renewal that was cut off is stored after the look', async () => {
    const one = stand('one')
    await when(isLeading(one))
    one.link.passage = { thereMs: 112, backMs: 500 }
    await time.advance(2100 - time.now())
    one.link.passage = prompt
    const stopped = one.leadership.stop()
    await time.advance(5000)
    await stopped
    expect(server.stored.slice(-2)).toEqual([{ at: 2112, text: 'PUT one' }, { at: 2135, text: 'PUT ' }])
  })

  test('that is asked for while a claim is answered begins no term', async () => {
    const of = machine(time)
    const client = server.client(of, () => prompt)
    const terms: AbortSignal[] = []
    let stopped: Promise<void> | undefined
    const leadership: LeaseLeadership = standForElection({
      namespace: 'shop', name: 'lease', identity: 'one', tell: () => undefined, clock: of.clock,
      client: {
        call: async (call, signal) => {
          const answer = await client.call(call, signal)
          if (call.method === 'POST') stopped = leadership.stop()
          return answer
        },
      },
    })((leading) => { terms.push(leading) })
    await time.advance(1000)
    await stopped
    expect([terms, holder()]).toEqual([[], ''])
  })

  test('in the middle of the first claim gives the lease back all the same', async () => {
    const one = stand('one')
    await time.advance(7)
    one.link.passage = { thereMs: 50, backMs: 300 }
    await time.advance(100)
    const stopped = one.leadership.stop()
    await time.advance(5000)
    await stopped
    expect([holder(), one.terms.length]).toEqual(['', 0])
  })

  test('does not wait for a server that does not answer for more than a second', async () => {
    const one = stand('one')
    await when(isLeading(one))
    one.link.passage = { ...prompt, lost: 'request' }
    let hasStopped = false
    void one.leadership.stop().then(() => { hasStopped = true })
    expect(await when(() => hasStopped)).toBeLessThanOrEqual(1000)
    expect(holder()).toBe('one')
  })

  test('never touches the lease of another', async () => {
    const one = stand('one')
    await when(isLeading(one))
    server.edit((lease) => ({ ...lease, spec: { ...lease.spec, holderIdentity: 'ghost' } }))
    const stopped = one.leadership.stop()
    await time.advance(3000)
    await stopped
    expect(holder()).toBe('ghost')
  })
})

test('the durations are those of client-go', () => {
  expect(leaseDurations).toEqual({ leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2000 })
})
