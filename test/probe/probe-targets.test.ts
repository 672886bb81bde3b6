import { type RequestListener } from 'node:http'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import { type HealthCheck } from '../../src/model/declared.ts'
import { probeKey, type ProbeTarget, type Verdict } from '../../src/model/observed.ts'
import { probeTargets } from '../../src/probe/probe-targets.ts'
import { closedPort, httpServer, httpTarget, tcpServer, tcpTarget } from './outside-world.ts'

const never = new AbortController().signal
const atOnce = (): Promise<void> => Promise.resolve()

/** An HTTP server that answers one status after the other, the last one for ever; `asked` counts. */
function statuses(...all: number[]): { readonly answer: RequestListener; asked: number } {
  const script = {
    asked: 0,
    answer: ((_request, response) => response.writeHead(all[Math.min(script.asked++, all.length - 1)] ?? 500).end()) satisfies RequestListener,
  }
  return script
}

function remembered(target: ProbeTarget, before: Verdict = 'unprobed'): ProbeTarget & { before: Verdict } {
  return { ...target, before }
}

describe('probeTargets()', () => {
  test.each<[string, Verdict, number[], Partial<HealthCheck>, number, object]>([
    ['a newcomer that passes is ready at once', 'unprobed', [200], {}, 1, { verdict: 'ready', reason: 'status 200' }],
    ['a newcomer that fails is tried failureThreshold times', 'unprobed', [503], {}, 3, { verdict: 'unready', reason: 'status 503' }],
    ['one failure costs nothing', 'ready', [503, 200], {}, 2, { verdict: 'ready', reason: 'status 200' }],
    ['ready stays ready by one pass', 'ready', [200], { successThreshold: 3 }, 1, { verdict: 'ready' }],
    ['ready fails failureThreshold times in a row', 'ready', [503], { failureThreshold: 2 }, 2, { verdict: 'unready' }],
    ['unready needs successThreshold passes in a row', 'unready', [200], { successThreshold: 2 }, 2, { verdict: 'ready' }],
    ['unready that goes on failing is tried as often', 'unready', [503], {}, 3, { verdict: 'unready', reason: 'status 503' }],
    ['a flapping target keeps unready', 'unready', [200, 503, 200, 503, 200], { successThreshold: 2 }, 5, { verdict: 'unready', reason: 'flapping: status 200' }],
    ['a flapping newcomer stays unprobed', 'unprobed', [200, 503, 200, 503, 200], { successThreshold: 2 }, 5, { verdict: 'unprobed', reason: 'flapping: status 200' }],
  ])('%s', async (...[, before, script, check, asked, health]) => {
    const scripted = statuses(...script)
    await using server = await httpServer(scripted.answer)
    const target = httpTarget(server, {}, check)
    let pauses = 0
    const pause = (): Promise<void> => {
      pauses++
      return atOnce()
    }
    const answers = await probeTargets({ pause })([remembered(target, before)], never)
    expect([...answers]).toEqual([[probeKey(target), expect.objectContaining({ latencyMs: expect.any(Number), ...health })]])
    expect([scripted.asked, pauses]).toEqual([asked, asked - 1])
  })

  test('answers for every target by its key, good and bad side by side', async () => {
    await using server = await tcpServer()
    await using six = await tcpServer(undefined, '::1')
    const targets = [tcpTarget(server), tcpTarget(six), tcpTarget({ address: '127.0.0.1', port: await closedPort() })]
    const answers = await probeTargets({ pause: atOnce })(targets.map((target) => remembered(target)), never)
    expect(targets.map((target) => answers.get(probeKey(target)))).toMatchObject([
      { verdict: 'ready', reason: 'connected' }, { verdict: 'ready', reason: 'connected' }, { verdict: 'unready', reason: 'ECONNREFUSED' },
    ])
  })

  test('takes a target without a check for ready and opens no socket', async () => {
    const check: HealthCheck = { kind: 'none', periodSeconds: 10, timeoutSeconds: 2, successThreshold: 1, failureThreshold: 3, transitionPeriodSeconds: 1 }
    const target: ProbeTarget = { address: '192.0.2.1', port: 1, check }
    expect([...(await probeTargets()([remembered(target, 'unready')], never)).values()]).toEqual([{ verdict: 'ready', reason: 'no check' }])
  })

  test('probes a target of several services once, from the verdict that serves', async () => {
    const scripted = statuses(200)
    await using server = await httpServer(scripted.answer)
    const target = httpTarget({ ...server, host: 'api.example.com' }, {}, { successThreshold: 2 })
    const befores: Verdict[] = ['unprobed', 'ready', 'unready']
    const answers = await probeTargets({ pause: atOnce })(befores.map((before) => remembered({ ...target }, before)), never)
    expect([...answers.values()]).toMatchObject([{ verdict: 'ready' }])
    expect(scripted.asked).toBe(1)
  })

  test('keeps the same address apart where host or check differ', async () => {
    const scripted = statuses(200)
    await using server = await httpServer(scripted.answer)
    const targets = [httpTarget({ ...server, host: 'a.example.com' }), httpTarget({ ...server, host: 'b.example.com' }), httpTarget(server, { path: '/b' })]
    expect((await probeTargets()(targets.map((target) => remembered(target)), never)).size).toBe(3)
    expect(scripted.asked).toBe(3)
  })

  test('has no more attempts under way than it may, and no fewer', async () => {
    let most = 0
    let waiting: (() => void)[] = []
    await using server = await httpServer((_request, response) => {
      most = Math.max(most, waiting.push(() => response.end()))
      if (waiting.length < 3) return
      // Time for one more to arrive that should not.
      setTimeout(() => {
        for (const answer of waiting) answer()
        waiting = []
      }, 30)
    })
    const targets = Array.from({ length: 9 }, (_, at) => remembered(httpTarget(server, { path: `/${at}` })))
    const answers = await probeTargets({ concurrency: 3 })(targets, never)
    expect([...answers.values()].map(({ verdict }) => verdict)).toEqual(Array<Verdict>(9).fill('ready'))
    expect(most).toBe(3)
  })

  test('lets others have the slot while a dead target is paused', async () => {
    let tellDone = (): void => undefined
    const othersDone = new Promise<void>((resolve) => { tellDone = resolve })
    await using server = await httpServer((_request, response) => response.end(tellDone))
    const dead = tcpTarget({ address: '127.0.0.1', port: await closedPort() })
    const answers = await probeTargets({ concurrency: 1, pause: () => othersDone })([remembered(dead), remembered(httpTarget(server))], never)
    expect([...answers.values()]).toMatchObject([{ verdict: 'unready' }, { verdict: 'ready' }])
  })

  test('lets a slow target cost its own slot only', async () => {
    const fast = 20
    let answered = 0
    let answerSlow = (): void => undefined
    await using slow = await httpServer((_request, response) => { answerSlow = () => response.end() })
    await using server = await httpServer((_request, response) => response.end(() => { if (++answered === fast) answerSlow() }))
    const targets = [httpTarget(slow), ...Array.from({ length: fast }, (_, at) => httpTarget(server, { path: `/${at}` }))]
    const answers = await probeTargets({ concurrency: 2 })(targets.map((target) => remembered(target)), never)
    expect([...answers.values()].every(({ verdict }) => verdict === 'ready')).toBe(true)
    expect(answered).toBe(fast)
  })
})

describe('probeTargets() when the pass runs out of time', () => {
  test('keeps the verdict before of what is under way or waiting, and what was decided', async () => {
    const caller = new AbortController()
    await using silent = await httpServer(() => { caller.abort() })
    await using server = await tcpServer()
    const [decided, underWay, waiting] = [tcpTarget(server), httpTarget(silent), httpTarget(silent, { path: '/waiting' })]
    const targets = [remembered(decided), remembered(underWay, 'ready'), remembered(waiting)]
    const answers = await probeTargets({ concurrency: 1 })(targets, caller.signal)
    expect(answers.get(probeKey(decided))).toMatchObject({ verdict: 'ready', reason: 'connected' })
    expect(answers.get(probeKey(underWay))).toEqual({ verdict: 'ready', reason: 'not probed in time' })
    expect(answers.get(probeKey(waiting))).toEqual({ verdict: 'unprobed', reason: 'not probed in time' })
  })

  test('does not wait for the pause between two tries', async () => {
    const caller = new AbortController()
    const scripted = statuses(503)
    await using server = await httpServer((request, response) => {
      response.on('close', () => void turn().then(turn).then(turn).then(() => { caller.abort() }))
      scripted.answer(request, response)
    })
    const answers = await probeTargets()([remembered(httpTarget(server), 'ready')], caller.signal)
    expect([...answers.values()]).toEqual([{ verdict: 'ready', reason: 'not probed in time' }])
    expect(scripted.asked).toBe(1)
  })

  test('answers also when it was over before it began', async () => {
    const answers = await probeTargets()([remembered(tcpTarget({ address: '127.0.0.1', port: 1 }), 'ready')], AbortSignal.abort())
    expect([...answers.values()]).toEqual([{ verdict: 'ready', reason: 'not probed in time' }])
  })
})
