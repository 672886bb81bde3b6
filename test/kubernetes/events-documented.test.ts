// docs/events.md is what an operator has in hand when an Event shows up.

import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'

test('docs/events.md has every reason of an Event, and no other', () => {
  const source = readFileSync('src/kubernetes/event-notes.ts', 'utf8')
  const page = readFileSync('docs/events.md', 'utf8')
  const byStatus = /const byStatus[^{]*\{([^}]*)\}/.exec(source)?.[1] ?? ''
  const said = [...found(source, /reason: '(\w+)'/g), ...found(source, /^ {2}\[\/.*\/, '(\w+)'/gm), ...found(byStatus, /'(\w+)'/g)]
  const documented = found(page, /^\| `(\w+)` \|/gm)
  expect(new Set(documented)).toEqual(new Set(said.filter((reason) => reason !== 'Passing')))
  expect(documented.length).toBeGreaterThan(20)
})

function found(text: string, pattern: RegExp): readonly string[] {
  return [...text.matchAll(pattern)].flatMap(([, name]) => name ?? [])
}
