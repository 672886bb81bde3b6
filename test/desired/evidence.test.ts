import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { readEvidence, writeEvidence, type Witness } from '../../src/desired/evidence.ts'
import { evidenceAnnotation } from '../../src/model/marks.ts'

const hosts = ['a.example.com', 'b.example.com', 'c.example.com']
const witness: fc.Arbitrary<Witness> = fc.record({
  address: fc.oneof(fc.ipV4(), fc.ipV6()), hosts: fc.subarray(hosts), verdict: fc.constantFrom('ready', 'unready', 'unprobed'),
})
const witnesses = fc.uniqueArray(witness, { selector: ({ address }) => address, maxLength: 8 })
const staleSince = fc.dictionary(fc.constantFrom(...hosts), fc.constantFrom('2026-11-22T10:00:00.000Z', '2026-11-21T10:00:00.000Z'))

function read(text: string | undefined): ReturnType<typeof readEvidence> {
  return readEvidence(text === undefined ? undefined : { [evidenceAnnotation]: text })
}

describe('evidence', () => {
  test('what is written is what is read', () => {
    fc.assert(fc.property(witnesses, staleSince, (all, since) => {
      const evidence = read(writeEvidence(all, since))
      for (const { address, hosts: from, verdict } of all) {
        expect(Object.keys(evidence.hosts).filter((name) => evidence.hosts[name]?.includes(address) === true).sort()).toEqual([...from].sort())
        expect(evidence.verdicts.get(address) ?? 'ready').toBe(verdict)
      }
      const named = new Set(all.flatMap((each) => each.hosts))
      expect(evidence.staleSince).toEqual(Object.fromEntries(Object.entries(since).filter(([name]) => named.has(name))))
    }))
  })

  test('the order of witnesses makes no other text', () => {
    fc.assert(fc.property(witnesses.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))), ([all, shuffled]) => {
      expect(writeEvidence(shuffled, {})).toBe(writeEvidence(all, {}))
    }))
  })

  test('an address that is ready and declared as such is nothing to remember', () => {
    expect(writeEvidence([{ address: '10.0.0.1', hosts: [], verdict: 'ready' }], {})).toBeUndefined()
  })

  test.each(['', '{', 'null', '7', '[]', '{"hosts":7}', '{"hosts":{"a":7}}', '{"unready":{"a":1}}', '{"staleSince":[1]}'])('an annotation edited to %j is read as knowing nothing', (text) => {
    const { verdicts, hosts: known } = read(text)
    expect(verdicts).toEqual(new Map())
    expect(Object.values(known).flat()).toEqual([])
  })
})
