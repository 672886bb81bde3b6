import { getEventListeners } from 'node:events'
import { describe, expect, test } from '@jest/globals'
import { probeTcp } from '../../src/probe/tcp.ts'
import { codeOf, withinDeadline } from '../../src/probe/within-deadline.ts'
import { blackHole, tcpServer, tcpTarget } from './outside-world.ts'

const never = new AbortController().signal
const withCode = (code: string): Error => Object.assign(new Error('connect s3cret'), { code })

/** Nothing of this process runs for so long. */
function freeze(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

describe('withinDeadline()', () => {
  test.each([
    'EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS', 'EAGAIN', 'EADDRNOTAVAIL', 'EADDRINUSE', 'ENETDOWN', 'EAFNOSUPPORT', 'EPERM', 'EACCES',
  ])('takes %s for our own trouble, which says nothing about the target', async (code) => {
    const outcome = await withinDeadline(5, never, (_found, failed) => {
      setImmediate(failed, withCode(code))
      return () => undefined
    })
    expect(outcome).toEqual({ ok: undefined, reason: code })
  })

  test.each(['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'EPIPE'])('takes %s for a failure of the target', async (code) => {
    const outcome = await withinDeadline(5, never, (_found, failed) => {
      setImmediate(failed, withCode(code))
      return () => undefined
    })
    expect(outcome).toEqual({ ok: false, latencyMs: expect.any(Number), reason: code })
  })

  test.each(['found', 'failed', 'timeout', 'abort'])('stops the attempt, its timer and its hold on the caller\'s signal when it ends by %s', async (how) => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const before = timers()
    const caller = new AbortController()
    let stops = 0
    const attempting = withinDeadline(how === 'timeout' ? 0.01 : 5, caller.signal, (found, failed) => {
      if (how === 'found') setImmediate(found, { ok: true, reason: 'connected' })
      if (how === 'failed') setImmediate(failed, withCode('ECONNREFUSED'))
      return () => { stops++ }
    })
    if (how === 'abort') caller.abort(new Error('stopping'))
    await attempting.catch(() => undefined)
    expect(stops).toBe(1)
    expect(timers()).toBeLessThanOrEqual(before)
    expect(getEventListeners(caller.signal, 'abort')).toEqual([])
  })

  test('begins nothing after the caller\'s abort', async () => {
    let begun = 0
    const begin = (): (() => void) => {
      begun++
      return () => undefined
    }
    await expect(withinDeadline(5, AbortSignal.abort(new Error('stopping')), begin)).rejects.toThrow('stopping')
    expect(begun).toBe(0)
  })
})

describe('withinDeadline() in a process that was held up', () => {
  test('sees what came in time', async () => {
    await using server = await tcpServer()
    const probing = probeTcp(tcpTarget(server, { timeoutSeconds: 0.1 }), never)
    await new Promise((resolve) => { process.nextTick(resolve) })
    freeze(200)
    expect(await probing).toMatchObject({ ok: true, reason: 'connected' })
  })

  test('does not hold its own sleep against the target', async () => {
    await using hole = await blackHole()
    const probing = probeTcp(tcpTarget(hole, { timeoutSeconds: 0.1 }), never)
    freeze(700)
    expect(await probing).toEqual({ ok: undefined, reason: 'stalled' })
  })
})

describe('codeOf()', () => {
  test('is the code of what can be said of a file', () => {
    expect(codeOf(withCode('ENOENT'))).toBe('ENOENT')
  })

  test.each([withCode('EMFILE'), new TypeError('a bug'), 'no error'])('throws %p', (error) => {
    expect(() => codeOf(error)).toThrow()
  })
})
