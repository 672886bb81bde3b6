import { describe, expect, test } from '@jest/globals'
import { deal } from './deal.ts'
import { faults } from './faults.ts'

const names = (count: number, seed: number): readonly string[] => Object.values(deal(faults, count, seed)).flat().map(({ fault }) => fault.name)

describe('deal()', () => {
  test('the same seed deals the same faults, another one others', () => {
    expect(names(200, 7)).toEqual(names(200, 7))
    expect(names(200, 7)).not.toEqual(names(200, 8))
  })

  test('a thousand hold every fault, and sync is killed at least a hundred times', () => {
    const dealt = names(1000, 1)
    expect(dealt).toHaveLength(1000)
    expect(new Set(dealt)).toEqual(new Set(faults.map(({ name }) => name)))
    expect(dealt.filter((name) => name === 'process: sync killed').length).toBeGreaterThanOrEqual(100)
  })
})
