// Any service in any world: few names and addresses, so that they meet often.

import fc from 'fast-check'
import { type DeclaredPort, type DeclaredService, type DeclaredTarget, type Family } from '../../src/model/declared.ts'
import { type Resolution, type Verdict } from '../../src/model/observed.ts'
import { address, declaredService, host, noCheck, port, tcpCheck } from './declared-service.ts'
import { absent, found, unknown, type Answers, type Seen } from './one-service.ts'

export const hosts = ['a.example.com', 'b.example.com', 'c.example.com']
const pool: Readonly<Record<Family, readonly string[]>> = {
  IPv4: ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5', '192.0.2.66'],
  IPv6: ['2001:db8::1', '2001:db8::2', '2001:db8::3'],
}
/** One address of the pool may never be published. */
export const refused = { '192.0.2.66': 'inside the denied 192.0.2.0/24' }
const numbers = { pg: 5432, admin: 8080, metrics: 9187 }
const both: readonly Family[] = ['IPv4', 'IPv6']

const ports: fc.Arbitrary<readonly DeclaredPort[]> = fc.uniqueArray(
  fc.tuple(fc.constantFrom('pg', 'admin', 'metrics'), fc.constantFrom(0, 1000)), { selector: ([name]) => name, minLength: 1, maxLength: 3 },
).map((list) => list.map(([name, offset]) => port(name, numbers[name], numbers[name] + offset)))

function targets(declared: readonly DeclaredPort[]): fc.Arbitrary<readonly DeclaredTarget[]> {
  const overrides = fc.dictionary(fc.constantFrom(...declared.map(({ name }) => name)), fc.constantFrom(7001, 7002), { maxKeys: 1 })
  const drain = fc.boolean()
  const byHost = fc.record({ name: fc.constantFrom(...hosts), families: fc.subarray([...both], { minLength: 1 }), ports: overrides, drain })
    .map(({ name, ...rest }) => host(name, rest))
  const byAddress = fc.record({ text: fc.constantFrom(...pool.IPv4, ...pool.IPv6), ports: overrides, drain }).map(({ text, ...rest }) => address(text, rest))
  return fc.array(fc.oneof(byHost, byAddress), { minLength: 1, maxLength: 5 })
}

export const service: fc.Arbitrary<DeclaredService> = ports.chain((declared) => fc.record({
  ports: fc.constant(declared), targets: targets(declared),
  healthCheck: fc.constantFrom(tcpCheck(declared[0]?.name ?? ''), noCheck),
  whenAllUnready: fc.constantFrom('publishAll' as const, 'publishNone' as const),
  panicThresholdPercent: fc.constantFrom(0, 0, 50),
  labels: fc.dictionary(fc.constantFrom('team', 'tier'), fc.constantFrom('x', 'y')),
})).map((changes) => declaredService(changes))

export function answer(family: Family): fc.Arbitrary<Resolution> {
  const some = fc.shuffledSubarray([...pool[family]], { minLength: 1 }).map((list) => found(...list))
  return fc.oneof(some, some, fc.constant(absent), fc.constant(unknown))
}

/** Every host answers something for both types. */
export function answersOf(answerOf: (family: Family) => fc.Arbitrary<Resolution>): fc.Arbitrary<Answers> {
  const one = fc.record({ IPv4: answerOf('IPv4'), IPv6: answerOf('IPv6') })
  return fc.tuple(one, one, one).map((list) => Object.fromEntries(hosts.map((name, index) => [name, list[index] ?? {}])))
}

const verdicts = fc.dictionary(fc.constantFrom(...pool.IPv4, ...pool.IPv6), fc.constantFrom<Verdict>('ready', 'unready', 'unprobed'), { maxKeys: 9 })

export function world(families: readonly Family[], answers: fc.Arbitrary<Answers> = answersOf(answer)): fc.Arbitrary<Seen> {
  return fc.record({
    answers, verdicts, families: fc.constant(families), refused: fc.constant(refused), isProbing: fc.constantFrom(true, true, false),
    publish: fc.constantFrom('both' as const, 'endpointSlices' as const, 'endpoints' as const), acceptAbsent: fc.boolean(),
  })
}

export const familiesOfCluster: fc.Arbitrary<readonly Family[]> = fc.constantFrom<readonly Family[]>(['IPv4'], ['IPv4', 'IPv6'])
