import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { type Looked, openQueue, type Queue } from '../../src/controller/queue.ts'
import { backOffMs } from '../../src/controller/schedule.ts'

const never = new AbortController().signal

beforeEach(() => { jest.useFakeTimers() })
afterEach(() => { jest.useRealTimers() })

interface Desk {
  readonly queue: Queue
  /** Keys in the order in which a look at them began. */
  readonly looks: string[]
  /** Ends the oldest look that is under way. */
  readonly end: (looked?: Looked) => Promise<void>
  mostAtOnce: number
}

function desk(concurrency = 4, debounceMs = 50): Desk {
  const open: ((looked: Looked) => void)[] = []
  const looks: string[] = []
  let atOnce = 0
  const queue = openQueue({
    concurrency, debounceMs: () => debounceMs, random: () => 0,
    look: async (key) => {
      looks.push(key)
      atOnce++
      state.mostAtOnce = Math.max(state.mostAtOnce, atOnce)
      const looked = await new Promise<Looked>((resolve) => open.push(resolve))
      atOnce--
      return looked
    },
  })
  const state: Desk = {
    queue, looks, mostAtOnce: 0,
    end: async (looked = 'done') => { open.shift()?.(looked); await jest.advanceTimersByTimeAsync(0) },
  }
  return state
}

describe('queue', () => {
  test('looks once at what was added many times within the debounce', async () => {
    const { queue, looks } = desk()
    for (let n = 0; n < 10; n++) { queue.add('a'); await jest.advanceTimersByTimeAsync(4) }
    await jest.advanceTimersByTimeAsync(50)
    expect(looks).toEqual(['a'])
  })

  test('does not put a look off for what is added later: the debounce is counted from the first', async () => {
    const { queue, looks } = desk()
    queue.add('a')
    await jest.advanceTimersByTimeAsync(40)
    queue.add('a')
    await jest.advanceTimersByTimeAsync(10)
    expect(looks).toEqual(['a'])
  })

  test('never looks at one service twice at a time, and looks again at what was added meanwhile', async () => {
    const { queue, looks, end } = desk()
    queue.add('a')
    await jest.advanceTimersByTimeAsync(50)
    queue.add('a')
    queue.add('a')
    await jest.advanceTimersByTimeAsync(1000)
    expect(looks).toEqual(['a'])
    await end()
    await jest.advanceTimersByTimeAsync(50)
    expect(looks).toEqual(['a', 'a'])
    await end()
    await jest.advanceTimersByTimeAsync(60_000)
    expect(looks).toEqual(['a', 'a'])
  })

  test('says how many wait for their turn, without those that are put off', async () => {
    const { queue, end } = desk(2)
    for (const key of ['a', 'b', 'c', 'd']) queue.add(key)
    queue.addLater('e', 3_600_000)
    expect(queue.size()).toEqual({ waiting: 4, working: 0 })
    await jest.advanceTimersByTimeAsync(50)
    expect(queue.size()).toEqual({ waiting: 2, working: 2 })
    await end()
    expect(queue.size()).toEqual({ waiting: 1, working: 2 })
  })

  test('looks at several services side by side, within its bound', async () => {
    const state = desk(2)
    for (const key of ['a', 'b', 'c']) state.queue.add(key)
    await jest.advanceTimersByTimeAsync(50)
    expect(state.looks).toEqual(['a', 'b'])
    await state.end()
    expect(state.looks).toEqual(['a', 'b', 'c'])
    expect(state.mostAtOnce).toBe(2)
  })

  test('tries again what failed, after 0.5 s, 1, 2, 4 and then every 5', async () => {
    const { queue, looks, end } = desk(4, 0)
    queue.add('a')
    for (const pause of [0, 500, 1000, 2000, 4000, 5000, 5000]) {
      const before = looks.length
      await jest.advanceTimersByTimeAsync(Math.max(0, pause - 1))
      if (pause > 0) expect(looks).toHaveLength(before)
      await jest.advanceTimersByTimeAsync(1)
      expect(looks).toHaveLength(before + 1)
      await end('failed')
    }
    await jest.advanceTimersByTimeAsync(5000)
    await end('done')
    expect(queue.retryAt('a')).toBeUndefined()
    expect(queue.size()).toEqual({ waiting: 0, working: 0 })
  })

  test('looks at once at what failed and has news', async () => {
    const { queue, looks, end } = desk()
    queue.add('a')
    await jest.advanceTimersByTimeAsync(50)
    await end('failed')
    queue.add('a')
    await jest.advanceTimersByTimeAsync(50)
    expect(looks).toEqual(['a', 'a'])
  })

  test('lookAt() resolves once each was looked at after it was asked, and not for one that waits', async () => {
    const { queue, end } = desk(4, 0)
    queue.add('a')
    await jest.advanceTimersByTimeAsync(0)
    let isDone = false
    void queue.lookAt(['a', 'b'], never).then(() => { isDone = true })
    await jest.advanceTimersByTimeAsync(0)
    await end()
    await end('waiting')
    await jest.advanceTimersByTimeAsync(0)
    expect(isDone).toBe(false)
    await end()
    expect(isDone).toBe(false)
    queue.add('b')
    await jest.advanceTimersByTimeAsync(0)
    await end('failed')
    expect(isDone).toBe(true)
  })

  test('lookAt() does not wait for a service that is forgotten, and rejects when its signal ends', async () => {
    const { queue } = desk()
    const whole = queue.lookAt(['a'], never)
    queue.forget('a')
    await whole
    const controller = new AbortController()
    const ended = queue.lookAt(['b'], controller.signal)
    controller.abort(new Error('over'))
    await expect(ended).rejects.toThrow('over')
  })

  test('says how long the oldest look has taken', async () => {
    const { queue, end } = desk(4, 0)
    expect(queue.longestLookMs()).toBe(0)
    queue.add('a')
    await jest.advanceTimersByTimeAsync(1000)
    queue.add('b')
    await jest.advanceTimersByTimeAsync(500)
    expect(queue.longestLookMs()).toBe(1500)
    await end()
    expect(queue.longestLookMs()).toBe(500)
    await end()
    expect(queue.longestLookMs()).toBe(0)
  })

  test('stop() waits for what was begun and begins nothing more', async () => {
    const { queue, looks, end } = desk(1, 0)
    queue.add('a')
    queue.add('b')
    await jest.advanceTimersByTimeAsync(0)
    let isStopped = false
    void queue.stop().then(() => { isStopped = true })
    await jest.advanceTimersByTimeAsync(0)
    expect(isStopped).toBe(false)
    queue.add('c')
    await end()
    await jest.advanceTimersByTimeAsync(10_000)
    expect(isStopped).toBe(true)
    expect(looks).toEqual(['a'])
    expect(jest.getTimerCount()).toBe(0)
  })
})

describe('backOffMs()', () => {
  test('grows to 5 s and takes at most a quarter off', () => {
    expect([1, 2, 3, 4, 5, 50].map((failures) => backOffMs(failures, 0))).toEqual([500, 1000, 2000, 4000, 5000, 5000])
    expect(backOffMs(5, 1)).toBe(3750)
  })
})

describe('queue, on the machine\'s own clock', () => {
  beforeEach(() => { jest.useRealTimers() })

  test('lets timers run between looks that take no time off', async () => {
    const queue = openQueue({
      concurrency: 4, debounceMs: () => 0,
      look: () => {
        for (const begin = performance.now(); performance.now() - begin < 2;);
        return Promise.resolve('done' as const)
      },
    })
    let ticks = 0
    const timer = setInterval(() => { ticks++ }, 1)
    try {
      await queue.lookAt(Array.from({ length: 100 }, (_, index) => String(index)), never)
    } finally {
      clearInterval(timer)
    }
    expect(ticks).toBeGreaterThan(5)
  })
})
