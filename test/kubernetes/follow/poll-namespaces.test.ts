import { afterEach, expect, test } from '@jest/globals'
import { setImmediate as turn } from 'node:timers/promises'
import { ClusterError } from '../../../src/kubernetes/cluster-error.ts'
import { pollNamespaces } from '../../../src/kubernetes/follow/poll-namespaces.ts'
import { type FakeClock, fakeClock } from './fake-clock.ts'

const unhandled: unknown[] = []
process.on('unhandledRejection', (reason) => { unhandled.push(reason) })
afterEach(() => { expect(unhandled.splice(0)).toEqual([]) })

type Answer = 'active' | 'terminating' | number | undefined

/** Answers by path; a number is a status, undefined no answer at all. */
function polled(answers: Record<string, Answer>): { readonly clock: FakeClock; readonly asked: string[]; readonly poll: ReturnType<typeof pollNamespaces>; readonly changes: () => number } {
  const clock = fakeClock()
  const asked: string[] = []
  let changes = 0
  const call = ({ path }: { readonly path: string }): Promise<unknown> => {
    const name = path.slice('/api/v1/namespaces/'.length)
    asked.push(name)
    const answer = answers[name]
    if (answer === 'active' || answer === 'terminating') return Promise.resolve({ metadata: { name }, status: { phase: answer === 'active' ? 'Active' : 'Terminating' } })
    return Promise.reject(new ClusterError('refused', { reason: '', retryable: true, ...(answer !== undefined && { status: answer }) }))
  }
  const poll = pollNamespaces({ client: { call }, clock, names: () => Object.keys(answers), changed: () => { changes += 1 } })
  return { clock, asked, poll, changes: () => changes }
}

async function round(clock: FakeClock): Promise<void> {
  await clock.advance(2000)
  await turn()
}

test('pollNamespaces asks for those that are not active every 2 s, for the others every 10 s', async () => {
  const { clock, asked, poll } = polled({ there: 'active', gone: 404, going: 'terminating' })
  await poll.ask(['there', 'gone', 'going'])
  expect([...poll.states]).toEqual([['there', 'active'], ['gone', 'missing'], ['going', 'terminating']])
  asked.length = 0
  for (let count = 0; count < 10; count += 1) await round(clock)
  expect(asked.filter((name) => name === 'gone')).toHaveLength(10)
  expect(asked.filter((name) => name === 'there')).toHaveLength(2)
  await poll.stop()
})

test('pollNamespaces notices what appears, and tells of changes alone', async () => {
  const answers: Record<string, Answer> = { shop: 404 }
  const { clock, poll, changes } = polled(answers)
  await round(clock)
  await round(clock)
  expect(changes()).toBe(1)
  answers['shop'] = 'active'
  await round(clock)
  expect([poll.states.get('shop'), changes()]).toEqual(['active', 2])
  await poll.stop()
})

test('pollNamespaces takes a namespace for active where it may not ask', async () => {
  const { poll } = polled({ shop: 403 })
  await poll.ask(['shop'])
  expect(poll.states.get('shop')).toBe('active')
  await poll.stop()
})

test('pollNamespaces goes on where nobody answers, and says so to who asks', async () => {
  const answers: Record<string, Answer> = { shop: undefined, broken: 500 }
  const { clock, poll } = polled(answers)
  await expect(poll.ask(['shop', 'broken'])).rejects.toThrow('refused')
  await expect(poll.ask(['broken'])).resolves.toBeUndefined()
  expect(poll.states.size).toBe(0)
  await round(clock)
  answers['shop'] = 'active'
  await round(clock)
  expect(poll.states.get('shop')).toBe('active')
  await poll.stop()
  await round(clock)
  expect(clock.waits()).toEqual([])
})
