import { getEventListeners, once } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import { probeTcp as startTcp } from '../../src/probe/tcp.ts'
import { promised } from '../../src/probe/promised.ts'
import { blackHole, closedPort, tcpServer, tcpTarget } from './outside-world.ts'

const never = new AbortController().signal
const probeTcp = promised(startTcp)

describe('probeTcp()', () => {
  test.each(['127.0.0.1', '::1'])('passes when %s accepts a connection, and lets go of it', async (address) => {
    await using server = await tcpServer(undefined, address)
    expect(await probeTcp(tcpTarget(server), never)).toEqual({ ok: true, latencyMs: expect.any(Number), reason: 'connected' })
  })

  test('lets go of a server that talks first and never hangs up', async () => {
    await using server = await tcpServer((socket) => { socket.write('220 ready\r\n') })
    expect(await probeTcp(tcpTarget(server), never)).toMatchObject({ ok: true })
  })

  test.each(['127.0.0.1', '::1'])('fails with ECONNREFUSED where nobody listens on %s', async (address) => {
    const port = await closedPort(address)
    expect(await probeTcp(tcpTarget({ address, port }), never)).toMatchObject({ ok: false, reason: 'ECONNREFUSED' })
  })

  test('fails with timeout where packets are dropped, and does not go on connecting', async () => {
    await using hole = await blackHole()
    const connecting = (): number => process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length
    const before = connecting()
    expect(before).toBeGreaterThan(0)
    expect(await probeTcp(tcpTarget(hole, { timeoutSeconds: 0.1 }), never)).toMatchObject({ ok: false, reason: 'timeout' })
    // Without an end of the socket this would not end either.
    while (connecting() > before) await turn()
  })

  test('rejects on the caller\'s abort, with the caller\'s reason', async () => {
    await using hole = await blackHole()
    const caller = new AbortController()
    const probing = probeTcp(tcpTarget(hole), caller.signal)
    setImmediate(() => { caller.abort(new Error('stopping')) })
    await expect(probing).rejects.toThrow('stopping')
  })

  test('opens no socket after the caller\'s abort', async () => {
    let connections = 0
    {
      await using server = await tcpServer(() => { connections++ })
      await expect(probeTcp(tcpTarget(server), AbortSignal.abort(new Error('stopping')))).rejects.toThrow('stopping')
      await probeTcp(tcpTarget(server), never)
    }
    expect(connections).toBe(1)
  })

  test('leaves nothing attached to the caller\'s signal', async () => {
    await using server = await tcpServer()
    const caller = new AbortController()
    await probeTcp(tcpTarget(server), caller.signal)
    expect(getEventListeners(caller.signal, 'abort')).toEqual([])
  })

  test('knows a connection that the other side ends at once', async () => {
    const closed: Promise<unknown>[] = []
    await using server = await tcpServer((socket) => { closed.push(once(socket.end(), 'close')) })
    expect(await probeTcp(tcpTarget(server), never)).toMatchObject({ ok: true })
    await Promise.all(closed)
  })
})
