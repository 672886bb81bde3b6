import { describe, expect, test } from '@jest/globals'
import { lineSplitter } from '../../../src/kubernetes/follow/line-splitter.ts'

const text = '{"a":"ä€😀"}\n\n{"b":2}\r\n{"half":'
const lines = ['{"a":"ä€😀"}', '{"b":2}\r']

describe('lineSplitter', () => {
  test('gives the same lines wherever the chunks end, also within a character, and never a half one', () => {
    const bytes = Buffer.from(text)
    for (let size = 1; size <= bytes.length; size += 1) {
      const split = lineSplitter()
      const found: string[] = []
      for (let from = 0; from < bytes.length; from += size) found.push(...split(bytes.subarray(from, from + size)))
      expect(found).toEqual(lines)
    }
  })

  test('does not gather a line that has no end', () => {
    const split = lineSplitter()
    const chunk = Buffer.alloc(1024 * 1024, 'x')
    expect(() => { for (let count = 0; count < 20; count += 1) split(chunk) }).toThrow('has no end')
  })
})
