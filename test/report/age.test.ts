import { expect, test } from '@jest/globals'
import { age, ageBetween } from '../../src/report/age.ts'

test.each([
  [0, '0s'], [-5000, '0s'], [400, '0s'], [999, '1s'], [12_000, '12s'], [60_000, '1m'], [61_000, '1m 1s'], [3_600_000, '1h'], [3_605_000, '1h'],
  [3_660_000, '1h 1m'], [90_061_000, '1d 1h'], [86_400_000 + 60_000, '1d'], [400 * 86_400_000, '400d'],
])('age(%i) is %s', (ms, text) => { expect(age(ms)).toBe(text) })

test('ageBetween() is empty where a time is missing', () => {
  expect([ageBetween('2026-11-23T12:00:00Z', '2026-11-23T12:00:05Z'), ageBetween(undefined, '2026-11-23T12:00:05Z'), ageBetween('2026-11-23T12:00:05Z', undefined)]).toEqual(['5s', '', ''])
})
