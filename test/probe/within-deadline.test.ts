import { describe, expect, test } from '@jest/globals'
import { promised } from '../../src/probe/promised.ts'
import { type Outcome } from '../../src/probe/start-probe.ts'
import { probeTcp } from '../../src/probe/tcp.ts'
import { type Begin, codeOf, withinDeadline } from '../../src/probe/within-deadline.ts'
import { blackHole, tcpServer, tcpTarget } from './outside-world.ts'

const never = new AbortController().signal
const withCode = (code: string): Error => Object.assign(new Error('connect s3cret'), { code })
const attempted = (begin: Begin, timeoutSeconds = 5): Promise<Outcome> => new Promise((resolve) => { withinDeadline(timeoutSeconds, begin, resolve) })
const failing = (error: unknown): Begin => (_found, failed) => {
  setImmediate(failed, error)
  return () => undefined
}
const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length

/** Nothing of this process runs for so long. */
function freeze(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

describe('withinDeadline()', () => {
  test.each([
    'EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS', 'EAGAIN', 'EADDRNOTAVAIL', 'EADDRINUSE', 'ENETDOWN', 'EAFNOSUPPORT', 'EPERM', 'EACCES',
  ])('takes %s for our own trouble, which says nothing about the target', async (code) => {
    expect(await attempted(failing(withCode(code)))).toEqual({ ok: undefined, reason: code })
  })

  test.each(['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'EPIPE'])('takes %s for a failure of the target', async (code) => {
    expect(await attempted(failing(withCode(code)))).toEqual({ ok: false, latencyMs: expect.any(Number), reason: code })
  })

  test.each([
    ['rejects', failing(new TypeError('s3cret'))], ['throws', () => { throw new TypeError('s3cret') }],
  ])('takes a bug that %s for our own trouble, and never says its message', async (_how, begin: Begin) => {
    expect(await attempted(begin)).toEqual({ ok: undefined, reason: expect.stringMatching(/^a bug: TypeError at [^']*within-deadline/) })
  })

  test.each(['found', 'failed', 'timeout', 'stop'])('stops the attempt and its timer, once, when it ends by %s', async (how) => {
    const before = timers()
    let stops = 0
    const told: Outcome[] = []
    const ended = new Promise<void>((resolve) => {
      const stop = withinDeadline(how === 'timeout' ? 0.01 : 5, (found, failed) => {
        if (how === 'found') setImmediate(found, { ok: true, reason: 'connected' })
        if (how === 'failed') setImmediate(failed, withCode('ECONNREFUSED'))
        if (how === 'stop') setImmediate(() => { stop() })
        return () => {
          stops++
          setImmediate(() => {
            // Too late, all of it.
            found({ ok: true, reason: 'connected' })
            failed(withCode('ECONNREFUSED'))
            stop()
            resolve()
          })
        }
      }, (outcome) => told.push(outcome))
    })
    await ended
    expect([stops, told.length]).toEqual([1, how === 'stop' ? 0 : 1])
    expect(timers()).toBeLessThanOrEqual(before)
  })
})

describe('withinDeadline() in a process that was held up', () => {
  test('sees what came in time', async () => {
    await using server = await tcpServer()
    const probing = promised(probeTcp)(tcpTarget(server, { timeoutSeconds: 0.1 }), never)
    await new Promise((resolve) => { process.nextTick(resolve) })
    freeze(200)
    expect(await probing).toMatchObject({ ok: true, reason: 'connected' })
  })

  test('does not hold its own sleep against the target', async () => {
    await using hole = await blackHole()
    const probing = promised(probeTcp)(tcpTarget(hole, { timeoutSeconds: 0.1 }), never)
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
