import { describe, expect, test } from '@jest/globals'
import { attempt } from '../../src/probe/attempt.ts'

const never = new AbortController().signal

describe('attempt()', () => {
  test('ends at its deadline also where the probe does not listen to it', async () => {
    expect(await attempt(0.02, never, () => new Promise(() => undefined))).toMatchObject({ ok: false, reason: 'timeout' })
  })

  test('ends at the caller\'s abort also where the probe does not listen to it', async () => {
    const caller = new AbortController()
    const attempting = attempt(5, caller.signal, () => new Promise(() => undefined))
    caller.abort(new Error('stopping'))
    await expect(attempting).rejects.toThrow('stopping')
  })

  test('makes an outcome of an error that has a code, and never of its message', async () => {
    const error = Object.assign(new Error('Invalid character in header: s3cret'), { code: 'ERR_INVALID_CHAR' })
    expect(await attempt(5, never, () => Promise.reject(error))).toEqual({ ok: false, latencyMs: expect.any(Number), reason: 'ERR_INVALID_CHAR' })
  })

  test('lets a bug through', async () => {
    await expect(attempt(5, never, () => Promise.reject(new TypeError('undefined is not a function')))).rejects.toThrow(TypeError)
  })
})
