import { Readable } from 'node:stream'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { bodyContains } from '../../src/probe/body-contains.ts'

const mebibyte = 1024 * 1024

describe('bodyContains()', () => {
  test('finds what the whole body holds, wherever it is cut into chunks', async () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'ä'), maxLength: 4 })
    await fc.assert(fc.asyncProperty(fc.array(fc.uint8Array({ max: 1, maxLength: 6 })), letters, fc.nat(40), async (noise, text, at) => {
      const body = Buffer.concat([...noise, Buffer.from('abäab'), ...noise])
      const chunks = [body.subarray(0, at), body.subarray(at, at + 1), body.subarray(at + 1)]
      expect(await bodyContains(Readable.from(chunks), text) === undefined).toBe(body.includes(Buffer.from(text)))
    }))
  })

  test.each([
    ['ends with', mebibyte - 5, undefined],
    ['is passed by the end of', mebibyte - 4, 'expected text is not in the first 1 MiB of the body'],
  ])('looks at the first mebibyte and no further: the text %s it', async (_where, before, fault) => {
    const chunks = [Buffer.alloc(before), Buffer.from('ready'), Buffer.from('ready')]
    expect(await bodyContains(Readable.from(chunks), 'ready')).toBe(fault)
  })
})
