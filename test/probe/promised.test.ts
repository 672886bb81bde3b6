import { getEventListeners } from 'node:events'
import { describe, expect, test } from '@jest/globals'
import { promised } from '../../src/probe/promised.ts'
import { type StartProbe } from '../../src/probe/start-probe.ts'
import { tcpTarget } from './outside-world.ts'

const target = tcpTarget({ address: '192.0.2.1', port: 1 })
const outcome = { ok: true, latencyMs: 1, reason: 'connected' } as const

describe('promised()', () => {
  test('resolves with what came of the attempt, and lets go of the signal', async () => {
    const { signal } = new AbortController()
    const passing: StartProbe = (_target, done) => {
      setImmediate(done, outcome)
      return () => undefined
    }
    expect(await promised(passing)(target, signal)).toEqual(outcome)
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  test('stops the attempt on abort and rejects with its reason, and lets go of the signal', async () => {
    const caller = new AbortController()
    let stops = 0
    const hanging: StartProbe = () => () => { stops++ }
    const attempting = promised(hanging)(target, caller.signal)
    caller.abort(new Error('stopping'))
    await expect(attempting).rejects.toThrow('stopping')
    expect(stops).toBe(1)
    expect(getEventListeners(caller.signal, 'abort')).toEqual([])
  })

  test('starts nothing after the abort', async () => {
    let starts = 0
    const counting: StartProbe = () => {
      starts++
      return () => undefined
    }
    await expect(promised(counting)(target, AbortSignal.abort(new Error('stopping')))).rejects.toThrow('stopping')
    expect(starts).toBe(0)
  })
})
