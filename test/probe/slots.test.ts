import { describe, expect, test } from '@jest/globals'
import { newSlots } from '../../src/probe/slots.ts'

describe('newSlots()', () => {
  test('lets so many run and no more, the others in the order in which they came', () => {
    const { take, giveBack } = newSlots(2)
    const ran: number[] = []
    for (let n = 0; n < 5; n++) take(() => ran.push(n) > 0)
    expect(ran).toEqual([0, 1])
    giveBack()
    expect(ran).toEqual([0, 1, 2])
    for (let n = 0; n < 4; n++) giveBack()
    expect(ran).toEqual([0, 1, 2, 3, 4])
    for (let n = 5; n < 9; n++) take(() => ran.push(n) > 0)
    expect(ran).toEqual([0, 1, 2, 3, 4, 5, 6])
  })

  test('goes on to the next where one has no use for its slot any more, however many they are', () => {
    const { take, giveBack } = newSlots(1)
    let ran = 0
    take(() => false)
    take(() => true)
    for (let n = 0; n < 100_000; n++) take(() => false)
    take(() => ++ran > 0)
    giveBack()
    expect(ran).toBe(1)
  })
})
