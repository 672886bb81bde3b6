import { expect, test } from '@jest/globals'
import { setImmediate as turn } from 'node:timers/promises'
import { heardKeys } from '../../../src/kubernetes/follow/heard-keys.ts'

test('heardKeys tells what comes within one turn together, each key once', async () => {
  const told: (readonly string[])[] = []
  const heard = heardKeys((keys) => { told.push(keys) })
  heard.add('shop/a')
  heard.add('shop/b')
  heard.add('shop/a')
  expect(told).toEqual([])
  await turn()
  heard.add('shop/a')
  await turn()
  expect(told).toEqual([['shop/a', 'shop/b'], ['shop/a']])
})

test('heardKeys tells nothing once it is stopped', async () => {
  const told: (readonly string[])[] = []
  const heard = heardKeys((keys) => { told.push(keys) })
  heard.add('shop/a')
  heard.stop()
  await turn()
  expect(told).toEqual([])
})
