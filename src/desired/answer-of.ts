// What DNS said to one question of one target, and what it means: the first two columns of RULES 2.

import { type DeclaredTarget, type Family, type ResolverSettings } from '../model/declared.ts'
import { type Resolution, type Resolutions } from '../model/observed.ts'
import { type RefuseAddress } from '../model/ports.ts'

/**
 * The rules of `run`, where DNS is asked again and again: an absence that arrives here is confirmed, silence has an
 * end, and what an answer no longer names may be kept for a while. In one shot there are none: it keeps and waits.
 */
export type Lasting = Pick<ResolverSettings, 'whenStaleExpires' | 'maxStaleSeconds' | 'retainSeconds'>

export interface Retained {
  readonly address: string
  readonly lastSeenAt: number
}

/** members: these are what the host has. keep: DNS did not say. leave: there is no such host. */
export interface Answer {
  readonly outcome: 'members' | 'keep' | 'leave'
  readonly addresses: readonly string[]
  /** Named by the answer, and not to be published. */
  readonly refused: readonly string[]
  /** No longer named by the answer. */
  readonly retained: readonly Retained[]
  /** Of `keep` and `leave`. */
  readonly reason: string
  /** False before the first answer: a silence that nobody listened to has no end. */
  readonly isAsked: boolean
  /** An absence that waits for its confirmation, while the host is found by another type: nobody waits for more of it. */
  readonly isExpected: boolean
}

const nothing: Answer = { outcome: 'members', addresses: [], refused: [], retained: [], reason: '', isAsked: true, isExpected: false }

export interface AnswerInput {
  /** The families that the Service has, or will have. */
  readonly families: readonly Family[]
  readonly resolutions: Resolutions
  readonly refuse: RefuseAddress
  readonly acceptAbsent: boolean
  readonly lasting?: Lasting
}

export function answerOf(input: AnswerInput, target: DeclaredTarget, host: string, family: Family): Answer {
  const resolution = input.resolutions.get(host)?.[family]
  const question = `${host}: ${family === 'IPv4' ? 'A' : 'AAAA'}`
  switch (resolution?.outcome) {
    case 'found': return found(input, resolution, question)
    case 'absent': return absent(input, target, host, `${question}: absent (${resolution.reason})`)
    case 'unknown': return { ...nothing, outcome: 'keep', reason: `${question}: unknown (${resolution.reason})`, isExpected: resolution.isUnconfirmed === true && isFound(input, target, host) }
    case undefined: return { ...nothing, outcome: 'keep', reason: `${question}: unknown (not asked)`, isAsked: false }
  }
}

function isFound({ families, resolutions, refuse }: AnswerInput, target: DeclaredTarget, host: string): boolean {
  const said = resolutions.get(host) ?? {}
  return target.families.some((each) => families.includes(each) && outcomeOf(said[each], refuse) === 'found')
}

function found({ refuse }: AnswerInput, resolution: Extract<Resolution, { outcome: 'found' }>, question: string): Answer {
  const addresses = resolution.addresses.filter((address) => refuse(address) === undefined)
  const refused = resolution.addresses.filter((address) => refuse(address) !== undefined)
  if (addresses.length > 0) return { ...nothing, addresses, refused, retained: resolution.retained ?? [] }
  return { ...nothing, outcome: 'keep', reason: `${question}: nothing publishable in the answer`, refused }
}

function absent({ families, resolutions, refuse, acceptAbsent, lasting }: AnswerInput, target: DeclaredTarget, host: string, reason: string): Answer {
  const said = resolutions.get(host) ?? {}
  // In `run` what is found in a family that the Service lacks cannot take the place of what goes.
  const others = lasting === undefined ? target.families : target.families.filter((each) => families.includes(each))
  if (others.some((each) => outcomeOf(said[each], refuse) === 'found')) return nothing
  if (target.families.some((each) => outcomeOf(said[each], refuse) === 'unknown')) return { ...nothing, outcome: 'keep', reason }
  if (lasting !== undefined) return { ...nothing, outcome: 'leave', reason }
  return acceptAbsent ? nothing : { ...nothing, outcome: 'keep', reason: `${reason}, see --accept-absent` }
}

/** `found` with nothing publishable in it (a sinkhole that answers 0.0.0.0) says as little as no answer. */
export function outcomeOf(resolution: Resolution | undefined, refuse: RefuseAddress): Resolution['outcome'] {
  if (resolution?.outcome !== 'found') return resolution?.outcome ?? 'unknown'
  return resolution.addresses.some((address) => refuse(address) === undefined) ? 'found' : 'unknown'
}
