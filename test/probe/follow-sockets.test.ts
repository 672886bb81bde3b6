import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import { probeKey, type ProbeTarget, type TargetState } from '../../src/model/observed.ts'
import { type TargetFollower } from '../../src/model/ports.ts'
import { followTargets } from '../../src/probe/follow-targets.ts'
import { blackHole, closedPort, httpServer, httpTarget, tcpServer, tcpTarget } from './outside-world.ts'

interface Following extends AsyncDisposable {
  readonly follower: TargetFollower
  /** Resolves once the target's state is like this. */
  readonly until: (target: ProbeTarget, is: (state: TargetState) => boolean) => Promise<TargetState>
}

function following(): Following {
  const follower = followTargets({ now: () => Date.now(), changed: () => undefined, tell: () => undefined })
  return {
    follower,
    async until(target, is) {
      for (;;) {
        const state = follower.states.get(probeKey(target))
        if (state !== undefined && is(state)) return state
        await sleep(5)
      }
    },
    [Symbol.asyncDispose]: () => follower.stop(),
  }
}

const quick = { periodSeconds: 0.2, transitionPeriodSeconds: 0.05, timeoutSeconds: 1, failureThreshold: 2 }

describe('followTargets() by real sockets', () => {
  test('sees a server go and come back', async () => {
    const server = createServer((socket) => { socket.on('error', () => undefined).resume() }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    await using world = following()
    const target = tcpTarget({ address: '127.0.0.1', port }, quick)
    world.follower.follow('a', [{ ...target, before: 'unprobed' }])
    await world.until(target, ({ verdict }) => verdict === 'ready')
    server.close()
    expect(await world.until(target, ({ verdict }) => verdict === 'unready')).toMatchObject({ reason: 'ECONNREFUSED', streak: -2 })
    server.listen(port, '127.0.0.1')
    expect(await world.until(target, ({ verdict }) => verdict === 'ready')).toMatchObject({ reason: 'connected', streak: 1 })
    server.close()
  })

  test('asks by HTTP too, on both families', async () => {
    await using four = await httpServer((_request, response) => response.end())
    await using six = await tcpServer(undefined, '::1')
    await using world = following()
    const targets = [httpTarget(four, {}, quick), tcpTarget(six, quick), tcpTarget({ address: '127.0.0.1', port: await closedPort() }, quick)]
    world.follower.follow('a', targets.map((target) => ({ ...target, before: 'unprobed' })))
    const states = await Promise.all(targets.map((target) => world.until(target, ({ verdict }) => verdict !== 'unprobed')))
    expect(states).toMatchObject([{ verdict: 'ready', reason: 'status 200' }, { verdict: 'ready' }, { verdict: 'unready', reason: 'ECONNREFUSED' }])
  })

  test('sees the others in time while 200 black holes hang', async () => {
    await using hole = await blackHole()
    await using server = await tcpServer()
    await using world = following()
    // The threshold tells targets of one address and port apart.
    const holes = Array.from({ length: 200 }, (_, index) => tcpTarget(hole, { ...quick, timeoutSeconds: 20, failureThreshold: index + 2 }))
    world.follower.follow('holes', holes.map((target) => ({ ...target, before: 'unprobed' })))
    await sleep(50)
    const target = tcpTarget(server, quick)
    world.follower.follow('a', [{ ...target, before: 'unprobed' }])
    const { streak } = await world.until(target, ({ streak }) => streak >= 3)
    expect(streak).toBe(3)
    expect(holes.every((each) => world.follower.states.get(probeKey(each))?.streak === 0)).toBe(true)
  })

  test('leaves no socket and no timer behind when it is stopped', async () => {
    const busy = (): string[] => process.getActiveResourcesInfo().filter((name) => name.startsWith('TCPSocket') || name === 'Timeout')
    await using hole = await blackHole()
    const before = busy().length
    const world = following()
    world.follower.follow('a', Array.from({ length: 50 }, (_, index) => ({ ...tcpTarget(hole, { ...quick, failureThreshold: index + 1 }), before: 'unprobed' as const })))
    await sleep(100)
    expect(busy().length).toBeGreaterThan(before + 50)
    await world.follower.stop()
    while (busy().length > before) await sleep(1)
  })
})
