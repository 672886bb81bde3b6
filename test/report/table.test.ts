import { describe, expect, test } from '@jest/globals'
import { styleText } from 'node:util'
import { table } from '../../src/report/table.ts'

const green = (text: string): string => styleText('green', text, { validateStream: false })

describe('table()', () => {
  test('aligns its columns two spaces apart, under the head', () => {
    expect(table([['a', 'bbbb', 'c'], ['aaaa', 'b', '']], ['HOST', 'TYPE', 'TTL'])).toBe('HOST  TYPE  TTL\na     bbbb  c\naaaa  b')
  })

  test('gives colours no room', () => {
    expect(table([[green('in'), 'x'], ['out', 'y']])).toBe(`${green('in')}   x\nout  y`)
  })

  test('is empty without rows', () => {
    expect(table([])).toBe('')
  })
})
