import { expect, test } from '@jest/globals'
import { whoRemains, type Leaver } from '../../src/desired/who-remains.ts'
import { type Verdict } from '../../src/model/observed.ts'

const publishAll = { whenAllUnready: 'publishAll', panicThresholdPercent: 0 } as const
const publishNone = { ...publishAll, whenAllUnready: 'publishNone' } as const
const panic = { ...publishNone, panicThresholdPercent: 60 } as const

/** `ready unready unprobed`; a `>` before one that leaves, a `-` before a drained one. */
function candidates(text: string): Leaver[] {
  return text.split(' ').map((word) => ({ verdict: word.replace(/^[->]*/, '') as Verdict, drain: word.includes('-'), isLeaving: word.includes('>') }))
}

test.each([
  ['nobody leaves: all stay', publishAll, 'ready unready', [true, true]],
  ['leavers go where another is ready', publishAll, '>ready >unready ready', [false, false, true]],
  ['the ready ones stay where no other is', publishNone, '>ready >unready unready', [true, false, true]],
  ['the ready ones stay where another waits to be probed', publishAll, '>ready unprobed', [true, true]],
  ['the ready ones stay where another is drained', publishAll, '>ready -ready', [true, true]],
  ['the failing ones go where a drained one passes', publishAll, '>unready -ready', [false, true]],
  ['where all fail and all are published, one that fails is as good', publishAll, '>unready unready', [false, true]],
  ['where all fail and none is published, they go', publishNone, '>unready unready', [false, true]],
  ['where all fail, one that waits to be probed is better', publishAll, '>unready unprobed', [false, true]],
  ['where nobody was probed, they stay until somebody is', publishAll, '>unprobed unprobed', [true, true]],
  ['the last of the Service stay, ready or not', publishNone, '>unready >unready', [true, true]],
  ['of the last of the Service the ready stay', publishNone, '>unready >ready', [false, true]],
  ['panic publishes the others only beside them: they stay', panic, '>ready unready', [true, true]],
  ['panic with an own reason lets them go', panic, '>ready ready unready', [false, true, true]],
  ['nobody at all', publishAll, '', []],
] as const)('whoRemains() %s', (_, policy, text, stays) => {
  expect(whoRemains(policy, text === '' ? [] : candidates(text))).toEqual(stays)
})
