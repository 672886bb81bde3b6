import { beforeEach, describe, expect, test } from '@jest/globals'
import { isServable, noteTruth } from './servable.ts'
import { newServices, type ServiceKind, type WorldService } from './world-service.ts'

const longAgo = performance.now() - 60_000
let services: readonly WorldService[]
beforeEach(() => { services = newServices({ main: 'main', other: 'other', oneShot: 'one-shot' }) })

function one(kind: ServiceKind): WorldService {
  const found = services.find((service) => service.kind === kind)
  if (found === undefined) throw new Error(`No service: ${kind}`)
  return found
}

describe('isServable()', () => {
  test('somebody has to serve once somebody could for long enough', () => {
    const service = one('publishNone')
    noteTruth(service, () => true)
    expect(isServable(service, 'IPv4 main')).toBe(false)
    service.emptyUntil.IPv4 = longAgo
    noteTruth(service, () => true)
    expect(isServable(service, 'IPv4 main')).toBe(true)
  })

  test('nobody has to with publishNone where all are dead; with publishAll all do', () => {
    for (const [kind, isOne] of [['publishNone', false], ['plain', true], ['unchecked', true]] as const) {
      const service = one(kind)
      service.emptyUntil.IPv4 = longAgo
      noteTruth(service, () => false)
      expect([kind, isServable(service, 'IPv4 main')]).toEqual([kind, isOne])
    }
  })

  test('each family is for itself', () => {
    const service = one('dualStack')
    service.emptyUntil.IPv4 = service.emptyUntil.IPv6 = longAgo
    service.members = service.members.filter((address) => !address.includes(':'))
    noteTruth(service, () => true)
    expect([isServable(service, 'IPv4 main'), isServable(service, 'IPv6 main')]).toEqual([true, false])
  })
})
