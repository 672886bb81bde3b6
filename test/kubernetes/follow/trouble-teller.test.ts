import { expect, test } from '@jest/globals'
import { troubleTeller } from '../../../src/kubernetes/follow/trouble-teller.ts'
import { type Happening } from '../../../src/model/happenings.ts'

test('troubleTeller tells once what many watches are in, and again when it comes back', () => {
  const told: Happening[] = []
  const trouble = troubleTeller((happening) => { told.push(happening) })
  const away = 'The API server cannot be reached'
  trouble('Services in shop', away)
  trouble('Endpoints in shop', away)
  trouble('Services in store', 'services is forbidden')
  trouble('Services in shop', undefined)
  trouble('Services in shop', away)
  trouble('Services in shop', undefined)
  trouble('Endpoints in shop', undefined)
  trouble('Endpoints in shop', away)
  expect(told).toEqual([
    { kind: 'trouble', where: 'Watch of Services in shop', message: away },
    { kind: 'trouble', where: 'Watch of Services in store', message: 'services is forbidden' },
    { kind: 'trouble', where: 'Watch of Endpoints in shop', message: away },
  ])
})
