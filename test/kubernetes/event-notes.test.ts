import { describe, expect, test } from '@jest/globals'
import { ownNetworkInDoubt } from '../../src/desired/network-doubt.ts'
import { selectReady } from '../../src/desired/select-ready.ts'
import { eventNotes } from '../../src/kubernetes/event-notes.ts'
import { type AddressReport, type ServiceStatus } from '../../src/model/changes.ts'
import { type Happening } from '../../src/model/happenings.ts'
import { type CurrentService, type Service } from '../../src/model/objects.ts'
import { refusalOf } from '../../src/plan/refusal.ts'
import { declaredService } from '../support/declared-service.ts'

const of = { namespace: 'shop', name: 'db' }
const report: AddressReport = {
  address: '192.0.2.10', family: 'IPv4', ports: { main: 5432 }, hosts: ['db.example.org'], published: 'ready', verdict: 'ready', reason: 'connected',
}

function said(happening: Happening): readonly string[] {
  return eventNotes(happening).map(({ about, type, reason, message }) =>
    `${about === 'lease' ? 'lease' : `${about.namespace}/${about.name}`} ${type} ${reason}: ${message}`)
}

describe('eventNotes of an address', () => {
  test.each<[string, Partial<AddressReport>, AddressReport['published'] | undefined, string]>([
    ['that became ready', {}, 'notReady', 'Normal EndpointReady: 192.0.2.10 (db.example.org) is ready: connected'],
    ['that is new and ready', { hosts: [] }, undefined, 'Normal EndpointReady: 192.0.2.10 is ready: connected'],
    ['that became unready', { published: 'notReady', verdict: 'unready', reason: 'ECONNREFUSED' }, 'ready',
      'Warning EndpointUnready: 192.0.2.10 (db.example.org) is not ready: ECONNREFUSED'],
    ['that was taken out by a person', { published: 'notReady', reason: 'drained, connected' }, 'ready',
      'Normal EndpointUnready: 192.0.2.10 (db.example.org) is not ready: drained, connected'],
    ['that is new and fails', { published: 'notReady', verdict: 'unready', reason: 'timeout' }, undefined,
      'Warning EndpointUnready: 192.0.2.10 (db.example.org) is not ready: timeout'],
    ['that is new and not probed yet', { published: 'notReady', verdict: 'unprobed', reason: 'not probed' }, undefined,
      'Normal EndpointUnready: 192.0.2.10 (db.example.org) is not ready: not probed'],
    ['that left', { published: 'out', reason: 'no longer in the answer of db.example.org' }, 'ready',
      'Normal EndpointGone: 192.0.2.10 (db.example.org) has left: no longer in the answer of db.example.org'],
    ['of several hosts', { hosts: ['a.example.org', 'b.example.org'] }, 'notReady', 'Normal EndpointReady: 192.0.2.10 (a.example.org, b.example.org) is ready: connected'],
  ])('%s', (_name, address, before, expected) => {
    expect(said({ kind: 'address', ...of, address: { ...report, ...address }, before })).toEqual([`shop/db ${expected}`])
  })
})

const policy = { whenAllUnready: 'publishAll', panicThresholdPercent: 60 } as const
const [up, down] = [{ verdict: 'ready', drain: false }, { verdict: 'unready', drain: false }] as const
const service = (spec: Service['spec'], metadata: Partial<Service['metadata']> = {}): CurrentService => ({
  ...of, slices: [], service: { apiVersion: 'v1', kind: 'Service', metadata: { ...of, ...metadata }, spec },
})
const refused = (current: CurrentService, adopt = false): string => refusalOf(declaredService({ ...of, adopt }), current, 'ours') ?? ''

describe('eventNotes of what is said of a service', () => {
  test.each<[string, ServiceStatus, string, string]>([
    ['panic', 'done', selectReady(policy, [up, down]).message ?? '', 'Warning Panic'],
    ['all unready', 'done', selectReady(policy, [down, down]).message ?? '', 'Warning AllUnready'],
    ['all unready, one target', 'done', selectReady({ ...policy, whenAllUnready: 'publishNone' }, [down]).message ?? '', 'Warning AllUnready'],
    ['only drained', 'done', selectReady(policy, [{ ...up, drain: true }, down]).message ?? '', 'Warning OnlyDrained'],
    ['own network in doubt', 'kept', ownNetworkInDoubt, 'Warning NetworkInDoubt'],
    ['a host that is silent', 'kept', 'db.example.org: A: unknown (timeout): keeps 2 addresses since 2026-11-23T12:00:00.000Z', 'Warning HostStale'],
    ['a host that has been silent for too long', 'kept',
      'db.example.org: AAAA: unknown (timeout): 2 addresses since 2026-11-23T12:00:00.000Z, longer than maxStaleSeconds (whenStaleExpires: unready)', 'Warning HostStale'],
    ['a host that was never known', 'kept', 'db.example.org: A: unknown (SERVFAIL): never known here, nothing to keep', 'Warning HostUnknown'],
    ['the last that stay', 'kept', 'Keeps 1 address of db.example.org all the same: no other target of the Service is ready', 'Warning LastEndpointsKept'],
    ['nothing but refused addresses', 'failed', 'Every address is refused, so none is published: 10.96.0.1: cluster range', 'Warning AddressesRefused'],
    ['a Service of somebody else', 'refused', refused(service({})), 'Warning Conflict'],
    ['a Service with a selector', 'refused', refused(service({ selector: { app: 'db' } })), 'Warning Conflict'],
    ['a Service of another instance', 'refused',
      refused(service({}, { labels: { 'app.kubernetes.io/managed-by': 'endpoint-registrar', 'endpoint-registrar.io/instance': 'theirs' } })), 'Warning Conflict'],
    ['a Service that another tool keeps', 'refused', refused(service({}, { labels: { 'app.kubernetes.io/managed-by': 'Helm' } }), true), 'Warning Conflict'],
    ['a slice of somebody else', 'refused', 'EndpointSlice db-x of somebody serves the same Service', 'Warning Conflict'],
    ['an adoption', 'done', 'Adopts Service db', 'Normal Adopted'],
    ['what needs a person', 'refused', 'ClusterIP to Headless needs delete and create, an outage between the two: --recreate does it', 'Warning RecreateNeeded'],
    ['another refusal', 'refused', 'Namespace shop is not among --namespaces', 'Warning Refused'],
    ['a failure', 'failed', 'Cannot update Service db: etcd is away', 'Warning SyncFailed'],
    ['a pause', 'paused', 'Paused: nothing of it is changed', 'Normal Paused'],
    ['the guard', 'withheld', 'Withheld by the guard: 9 of 10 Services would be deleted', 'Warning DeletionWithheld'],
    ['what no rule knows, kept', 'kept', 'Something else', 'Warning Kept'],
    ['what no rule knows, done', 'done', 'Something else', 'Warning Notice'],
  ])('%s', (_name, status, message, expected) => {
    expect(message).not.toBe('')
    expect(said({ kind: 'service', ...of, status, before: 'done', messages: [message] })).toEqual([`shop/db ${expected}: ${message}`])
  })

  test('one for each message, but none for what passes within a period', () => {
    const messages = ['Panic: 1 of 2', 'Every target failed just now: judged at 2026-11-23T12:00:00.000Z, in case it is the own network', 'Adopts Service db']
    expect(said({ kind: 'service', ...of, status: 'kept', before: 'done', messages }).map((text) => text.split(':')[0])).toEqual(['shop/db Warning Panic', 'shop/db Normal Adopted'])
  })

  test.each<[ServiceStatus | undefined, readonly string[]]>([
    ['failed', ['shop/db Normal InOrder: Everything is as it is declared again']], ['done', []], [undefined, []],
  ])('that is well after %s', (before, expected) => {
    expect(said({ kind: 'service', ...of, status: 'done', before, messages: [] })).toEqual(expected)
  })
})

describe('eventNotes of the rest', () => {
  test.each<[string, Happening, readonly string[]]>([
    ['a removal', { kind: 'removed', ...of, how: 'prune' }, ['shop/db Normal Removed: No longer declared: removed']],
    ['a release', { kind: 'removed', ...of, how: 'release' }, ['shop/db Normal Released: No longer declared: goes on serving, on its own']],
    ['deletions withheld', { kind: 'withheld', deletions: 9, owned: 12, maxDeletePercent: 30 },
      ['lease Warning DeletionsWithheld: 9 of 12 Services would be deleted, more than 30%: withheld by the guard']],
    ['doubt of two', { kind: 'network in doubt', services: ['shop/db', 'shop/api'] },
      ['lease Warning NetworkInDoubt: Every target failed of shop/db, shop/api: own network in doubt, verdicts stand']],
    ['doubt of many', { kind: 'network in doubt', services: Array.from({ length: 12 }, (_, index) => `s/${index}`) },
      ['lease Warning NetworkInDoubt: Every target failed of s/0, s/1, s/2, s/3, s/4, s/5, s/6, s/7, s/8, s/9 and 2 more: own network in doubt, verdicts stand']],
    ['a faulty config', { kind: 'config refused', fault: 'a.yaml:1:1: not YAML' }, ['lease Warning ConfigRefused: The last good config holds: a.yaml:1:1: not YAML']],
    ['a new leader', { kind: 'leading', isLeading: true, holder: 'pod_1' }, ['lease Normal LeaderElection: pod_1 became leader']],
    ['a standby', { kind: 'leading', isLeading: false, holder: 'pod_1' }, []],
    ['trouble, such as an Event that could not be sent', { kind: 'trouble', where: 'events', message: 'away' }, []],
    ['a look-up', { kind: 'asked', host: 'h', family: 'IPv4', outcome: 'found', reason: '', seconds: 1 }, []],
  ])('%s', (_name, happening, expected) => { expect(said(happening)).toEqual(expected) })
})
