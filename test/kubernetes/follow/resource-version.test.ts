import { expect, test } from '@jest/globals'
import { isOlder } from '../../../src/kubernetes/follow/resource-version.ts'

test.each([
  ['9', '10', true],
  ['10', '9', false],
  ['10', '10', false],
  ['18446744073709551614', '18446744073709551615', true],
  ['a', 'b', false],
  ['1', 'b', false],
  [undefined, '1', false],
  ['1', undefined, false],
  ['', '1', false],
])('isOlder(%p, %p) is %p: only decimal versions have an order', (version, than, expected) => {
  expect(isOlder(version, than)).toBe(expected)
})
