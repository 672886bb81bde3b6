import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { advisedOn, adviceOn } from '../../src/report/advice.ts'
import { selectReady } from '../../src/desired/select-ready.ts'

/** Every text that the code can say, with a word in place of each part that is filled in. */
function saidInCode(): string[] {
  const folders = ['resolve', 'desired', 'plan', 'controller', 'commands', 'kubernetes']
  const files = folders.flatMap((folder) => readdirSync(join('src', folder), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts')).map((name) => join('src', folder, name)))
  return files.flatMap((file) => texts(readFileSync(file, 'utf8')))
}

function texts(code: string): string[] {
  // Innermost first: what is filled in may hold texts itself.
  let flat = code
  for (let before = ''; before !== flat;) {
    before = flat
    flat = flat.replace(/\$\{[^{}`]*\}/g, 'x').replace(/\$\{[^{}]*`[^`]*`[^{}]*\}/g, 'x')
  }
  return [...flat.matchAll(/'([^'\n]+)'|`([^`]+)`/g)].map(([, single, double]) => single ?? double ?? '')
}

describe('adviceOn()', () => {
  // What the API server itself says is not in our code.
  const theirs = new Set([String(/forbidden/i)])

  test.each(advisedOn.map((said) => [said]))('is on something that is said: %s', (said) => {
    if (theirs.has(String(said))) return
    expect(saidInCode().filter((text) => said.test(text))).not.toEqual([])
  })

  test.each([
    ['db.example.com: A: unknown (SERVFAIL): keeps 2 addresses since 2026-11-23T12:00:00.000Z', /DNS gives no answer/],
    ['db.example.com: A: unknown (absent (NXDOMAIN), 1 of 3): keeps 2 addresses since 2026-11-23T12:00:00.000Z', /said often enough/],
    ['db.example.com: AAAA: absent (NXDOMAIN), see --accept-absent: keeps 1 address since 2026-11-23T12:00:00.000Z', /does not exist/],
    ['Service exists and is not ours (adopt: true takes it over)', /adopt: true/],
    ['Service cannot be adopted: it is managed by Helm', /that tool/],
    ['EndpointSlice db-x of somebody else serves the same Service', /Delete these endpoints/],
    ['Namespace shop does not exist: it has to be made first', /kubectl create namespace/],
    ['Cannot create Service db: services is forbidden: User "x" cannot create resource', /Rights are missing/],
    ['Cannot update EndpointSlice db-ipv4-1: too many requests', /tried again/],
  ])('on %j', (message, advice) => {
    expect(adviceOn(message)).toMatch(advice)
  })

  test('on what is said when targets fail', () => {
    const unready = [{ verdict: 'unready', drain: false, isExpired: false }] as never
    const all = selectReady({ whenAllUnready: 'publishAll', panicThresholdPercent: 0 }, unready).message ?? ''
    const none = selectReady({ whenAllUnready: 'publishNone', panicThresholdPercent: 0 }, unready).message ?? ''
    expect([adviceOn(all), adviceOn(none)]).toEqual([expect.stringContaining('published all the same'), expect.stringContaining('nothing serves')])
  })

  test('is nothing where nothing is known to help', () => {
    expect(adviceOn('Adopts Service db')).toBeUndefined()
  })
})
