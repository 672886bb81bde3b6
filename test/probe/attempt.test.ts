import { describe, expect, test } from '@jest/globals'
import { attempt } from '../../src/probe/attempt.ts'
import { type Finding } from '../../src/probe/within-deadline.ts'
import { type Outcome } from '../../src/probe/start-probe.ts'

const attempted = (timeoutSeconds: number, run: (signal: AbortSignal) => Promise<Finding>): Promise<Outcome> =>
  new Promise((resolve) => { attempt(timeoutSeconds, run, resolve) })

describe('attempt()', () => {
  test('ends at its deadline also where the probe does not listen to it', async () => {
    expect(await attempted(0.02, () => new Promise(() => undefined))).toMatchObject({ ok: false, reason: 'timeout' })
  })

  test('ends what is under way at its deadline, and when it is stopped', async () => {
    let ended = 0
    const run = (signal: AbortSignal): Promise<Finding> => {
      signal.addEventListener('abort', () => ended++)
      return new Promise(() => undefined)
    }
    await attempted(0.02, run)
    expect(ended).toBe(1)
    attempt(5, run, () => undefined)()
    expect(ended).toBe(2)
  })

  test('tells nothing when it is stopped, whatever comes of it', async () => {
    const told: Outcome[] = []
    const stop = attempt(0.02, (signal) => new Promise((resolve) => {
      signal.addEventListener('abort', () => { resolve({ ok: true, reason: 'connected' }) })
    }), (outcome) => told.push(outcome))
    stop()
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(told).toEqual([])
  })

  test('makes an outcome of an error that has a code, and never of its message', async () => {
    const error = Object.assign(new Error('Invalid character in header: s3cret'), { code: 'ERR_INVALID_CHAR' })
    expect(await attempted(5, () => Promise.reject(error))).toEqual({ ok: false, latencyMs: expect.any(Number), reason: 'ERR_INVALID_CHAR' })
  })

  test('says where a bug is, and nothing about the target', async () => {
    const outcome = await attempted(5, () => Promise.reject(new TypeError('s3cret is not a function')))
    expect(outcome).toEqual({ ok: undefined, reason: expect.stringMatching(/^a bug: TypeError at .*attempt\.test/) })
    expect(outcome.reason).not.toContain('s3cret')
  })
})
