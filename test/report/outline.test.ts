// What a pass comes to: its exit code, and what is printed of it.

import { describe, expect, test } from '@jest/globals'
import { stripVTControlCharacters } from 'node:util'
import { type ServicePlan } from '../../src/model/changes.ts'
import { exitCodeOf } from '../../src/report/exit-code-of.ts'
import { outlineOfPlan, outlineOfResult } from '../../src/report/outline.ts'
import { printPass } from '../../src/report/print-pass.ts'

const notes = ['Namespace closed could not be read, so what is there is not known: forbidden']
const quiet: ServicePlan = { namespace: 'shop', name: 'db', status: 'done', messages: [], changes: [], addresses: [] }

describe('what could not be read', () => {
  test('is printed even where nothing changes', () => {
    expect(stripVTControlCharacters(printPass(outlineOfPlan({ services: [quiet], removals: [], notes }), false)))
      .toBe(`! ${notes[0] ?? ''}\nNothing to change in 1 service`)
  })

  test.each([['sync', 0], ['remove', 4]] as const)('%s ends with %i', (verb, code) => {
    expect(exitCodeOf(outlineOfResult(verb, { services: [], notes }))).toBe(code)
    expect(exitCodeOf(outlineOfResult(verb, { services: [], notes: [] }))).toBe(0)
  })

  test('plan ends with 0 where nothing is due', () => {
    expect(exitCodeOf(outlineOfPlan({ services: [quiet], removals: [], notes }))).toBe(0)
  })
})

test('what goes after mirroring is due, and is said', () => {
  const outline = outlineOfPlan({ services: [{ ...quiet, awaitsMirror: true, afterwards: 'Then 2 EndpointSlices go' }], removals: [], notes: [] })
  expect(outline.services).toMatchObject([{ status: 'planned', messages: ['Then 2 EndpointSlices go'] }])
  expect(exitCodeOf(outline)).toBe(1)
})
