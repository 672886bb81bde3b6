import { expect, test } from '@jest/globals'
import { openReloads } from '../../src/commands/open-reloads.ts'

/** Counts the reloads, each of which lasts until it is ended. */
function slowReload(): { readonly reload: () => Promise<void>; readonly count: () => number; readonly end: () => Promise<void> } {
  const ends: (() => void)[] = []
  let ended = 0
  return {
    reload: () => new Promise((resolve) => { ends.push(resolve) }),
    count: () => ends.length,
    end: async () => {
      ends[ended++]?.()
      await new Promise((resolve) => { setImmediate(resolve) })
    },
  }
}

test('openReloads() does one at a time, and one more for all that was asked for meanwhile', async () => {
  const { reload, count, end } = slowReload()
  const { ask, begin } = openReloads()
  begin(reload)
  expect(count()).toBe(0)
  for (let asked = 0; asked < 3; asked++) ask()
  expect(count()).toBe(1)
  await end()
  expect(count()).toBe(2)
  await end()
  expect(count()).toBe(2)
  ask()
  expect(count()).toBe(3)
})

test('openReloads() does one for all that was asked for before they could begin', async () => {
  const { reload, count, end } = slowReload()
  const { ask, begin } = openReloads()
  ask()
  ask()
  begin(reload)
  expect(count()).toBe(1)
  await end()
  expect(count()).toBe(1)
})
