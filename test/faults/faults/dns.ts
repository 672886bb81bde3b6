// What DNS does to one host. When it is over the host is at other addresses in every second case: it is to be asked again.

import {
  addresses, type Behaviour, delayed, failing, garbage, inTurn, malformed, message, nodata, nxdomain, silence, subsets, truncated, wrongId,
} from '../../support/dns-behaviours.ts'
import { type End, type ServiceFault, type ServiceScene } from '../fault.ts'
import { isAliveIn, moveTo } from '../world.ts'
import { isIPv6, otherMembers, ttlSeconds, type WorldService } from '../world-service.ts'

type BehaviourOf = (service: WorldService) => Behaviour

const hasHost = ({ host }: WorldService): boolean => host !== undefined
const brief = [1500, 5000] as const
const askedMs = ttlSeconds * 1000

/** Back-off: waits double from a second on, so the next is as long as the fault was; an unanswered question takes two. */
const backOffMs = askedMs + 5000 + 2000

interface More extends Partial<ServiceFault> {
  /** DNS says that there is nothing, and may say so often enough to be believed: then a family may go while the other stays. */
  readonly isDenial?: boolean
}

function dnsFault(name: string, behaviourOf: BehaviourOf, { isDenial = false, ...more }: More = {}): ServiceFault {
  return {
    name: `DNS: ${name}`, lane: 'service', holdMs: brief, detectionMs: askedMs + 1000, suits: hasHost,
    begin: ({ world, random, service }: ServiceScene): End => {
      const { dns, targets } = world
      const behaviour = behaviourOf(service)
      for (const type of ['A', 'AAAA'] as const) dns.answer(service.host ?? '', type, behaviour)
      if (isDenial && service.kind === 'dualStack') service.emptyUntil.IPv4 = service.emptyUntil.IPv6 = Infinity
      return () => { moveTo(world, service, random.next() < 0.5 ? service.members : otherMembers(service, random, isAliveIn(targets))) }
    },
    ...more,
  }
}

const truly = (ttl: number): BehaviourOf => ({ members }) => (asked) =>
  addresses(members.filter((address) => isIPv6(address) === (asked.type === 'AAAA')), ttl)(asked)

/** 198.19/16 leads to nobody in particular. */
const thousand = Array.from({ length: 1000 }, (_, index) => `198.19.${index >> 8}.${index & 255}`)

const each = (four: readonly string[], six: readonly string[]): BehaviourOf => () => (asked) =>
  (asked.type === 'A' ? addresses(four, ttlSeconds) : six.length > 0 ? addresses(six, ttlSeconds) : nodata(negative))(asked)
const negative = { ttl: ttlSeconds, minimum: ttlSeconds }

/** A pool of IPv4 addresses. */
function subsetsOf(servers: readonly string[]): Behaviour {
  const four = subsets(servers, 2, 1)
  return (asked) => (asked.type === 'A' ? four : nodata(negative))(asked)
}

export const dnsFaults: readonly ServiceFault[] = [
  dnsFault('time-out', () => silence(), { detectionMs: backOffMs }),
  dnsFault('SERVFAIL', () => failing('SERVFAIL'), { detectionMs: backOffMs }),
  dnsFault('REFUSED', () => failing('REFUSED'), { detectionMs: backOffMs }),
  dnsFault('garbage', () => garbage(), { detectionMs: backOffMs }),
  dnsFault('answers cut off', (service) => malformed(truly(ttlSeconds)(service)), { detectionMs: backOffMs }),
  dnsFault('wrong id', () => wrongId(addresses(['198.18.250.1'])), { detectionMs: backOffMs }),
  dnsFault('slow answers', (service) => delayed(700, truly(ttlSeconds)(service))),
  dnsFault('NXDOMAIN once', (service) => inTurn(nxdomain(negative), nxdomain(negative), truly(ttlSeconds)(service))),
  dnsFault('NXDOMAIN', () => nxdomain(negative), { holdMs: [6000, 9000], isDenial: true }),
  dnsFault('NODATA', () => nodata(negative), { isDenial: true }),
  dnsFault('empty answer', () => message({}), { detectionMs: backOffMs, isDenial: true }),
  dnsFault('truncated', (service) => truncated(truly(ttlSeconds)(service))),
  dnsFault('TTL 0', truly(0)),
  // RFC 2181: with its first bit set it is 0. One below that it is the longest there is.
  dnsFault('TTL 2^32-1', truly(2 ** 32 - 1), { detectionMs: 6000 }),
  dnsFault('TTL 2^31-1', truly(2 ** 31 - 1), { detectionMs: 6000 }),
  dnsFault('1,000 records', each(thousand, []), { suits: ({ kind, host }) => kind === 'unchecked' && host !== undefined, detectionMs: 6000 }),
  dnsFault('loopback addresses', each(['127.0.0.1', '127.1.2.3'], ['::1']), { detectionMs: backOffMs }),
  dnsFault('ClusterIP addresses', each(['10.96.0.1', '10.96.7.7'], ['fd00:96::1']), { detectionMs: backOffMs }),
  dnsFault('rotating subsets', ({ servers }) => subsetsOf(servers), { suits: ({ kind }) => kind === 'pool' }),
  {
    name: 'DNS: moved', lane: 'service', holdMs: [0, 500], detectionMs: askedMs + 2000, weight: 3, suits: ({ kind, host }) => host !== undefined && kind !== 'pool',
    begin: ({ world, random, service }: ServiceScene): End => {
      moveTo(world, service, otherMembers(service, random, isAliveIn(world.targets)))
      return () => undefined
    },
  },
  {
    name: 'DNS: moved to where nobody answers', lane: 'service', holdMs: [3000, 6000], detectionMs: askedMs + 4000, isWhole: true,
    suits: ({ kind }) => kind === 'plain' || kind === 'publishNone',
    begin: ({ world, service }: ServiceScene): End => {
      const { members } = service
      moveTo(world, service, [service.hole])
      return () => { moveTo(world, service, members) }
    },
  },
]
