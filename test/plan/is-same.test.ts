import { isDeepStrictEqual } from 'node:util'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { isSame } from '../../src/plan/is-same.ts'

describe('isSame()', () => {
  test.each([
    [{ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 }],
    [[], []], [null, null], [undefined, undefined], ['', ''],
  ])('%j is the same as %j', (one, other) => {
    expect(isSame(one, other)).toBe(true)
  })

  test.each([
    [{ a: 1 }, { a: 2 }], [{ a: 1 }, { a: 1, b: 2 }], [{ a: 1, b: 2 }, { a: 1 }], [{ a: 1 }, { b: 1 }],
    [[1, 2], [2, 1]], [[1], [1, 2]], [[], {}], [['x'], { 0: 'x' }], [null, {}], [undefined, null], ['1', 1], [false, null],
    // A key that holds undefined is another than one that is not there.
    [{ a: undefined }, { b: undefined }],
  ])('%j is not the same as %j', (one, other) => {
    expect(isSame(one, other)).toBe(false)
    expect(isSame(other, one)).toBe(false)
  })

  test('agrees with Node on any two JSON values', () => {
    const value = fc.jsonValue({ maxDepth: 3 })
    fc.assert(fc.property(value, value, (one, other) => {
      expect(isSame(one, structuredClone(one))).toBe(true)
      expect(isSame(one, other)).toBe(isDeepStrictEqual(one, other) || JSON.stringify(one) === JSON.stringify(other))
    }))
  })
})
