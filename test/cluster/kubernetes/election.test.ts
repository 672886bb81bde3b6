// The election on a real API server, with processes that are killed, stopped and cut off.

import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { kubernetesClient, type KubernetesClient } from '../../../src/kubernetes/client.ts'
import { leaseHolder } from '../../../src/kubernetes/lease-holder.ts'
import { leaseDurations } from '../../../src/kubernetes/lease-decision.ts'
import { leaseName } from '../../../src/kubernetes/lease-place.ts'
import { type ElectionOptions, forLease, type LeaseLeadership, standForElection } from '../../../src/kubernetes/stand-for-election.ts'
import { type Happening } from '../../../src/model/happenings.ts'
import { cluster } from '../harness/cluster.ts'
import { describeCluster, describeClusterWith } from '../harness/describe-cluster.ts'
import { eventually } from '../harness/eventually.ts'
import { kubectl } from '../harness/kubectl.ts'
import { raw } from '../harness/raw.ts'
import { requestMark, requestsSince } from '../harness/request-log.ts'
import { testNamespace } from '../harness/test-namespace.ts'
import { testUser } from '../harness/test-user.ts'
import { shippedRules } from '../sync/stage.ts'
import { killCandidates, startCandidate } from './start-candidate.ts'
import { openLink } from './severed-link.ts'

const signal = new AbortController().signal
/** Where the real ones are not the point. */
const brisk = { leaseMs: 3000, renewDeadlineMs: 2000, retryMs: 400 }

interface Candidate {
  readonly leadership: LeaseLeadership
  readonly terms: readonly AbortSignal[]
  readonly told: readonly Happening[]
}

interface LeaseBody {
  readonly metadata: { readonly uid: string; readonly resourceVersion: string }
  readonly spec: { readonly holderIdentity: string; readonly leaseTransitions: number; readonly leaseDurationSeconds: number; readonly acquireTime: string; readonly renewTime: string }
}

let namespace: string
let atEnd: (() => Promise<unknown>)[]

beforeEach(async () => {
  namespace = await testNamespace()
  atEnd = []
})

afterEach(async () => {
  killCandidates()
  for (const end of atEnd.reverse()) await end()
})

function clientOf(kubeconfig: string): KubernetesClient {
  const client = kubernetesClient({ kubeconfig, ...forLease })
  atEnd.push(() => client.close())
  return client
}

function stand(identity: string, options: Partial<ElectionOptions> = {}): Candidate {
  const terms: AbortSignal[] = []
  const told: Happening[] = []
  const leadership = standForElection({
    client: options.client ?? clientOf(cluster().kubeconfig), namespace, name: leaseName(namespace), identity,
    tell: (happening) => { told.push(happening) }, durations: brisk, ...options,
  })((leading) => { terms.push(leading) })
  atEnd.push(() => leadership.stop())
  return { leadership, terms, told }
}

async function lease(): Promise<LeaseBody> {
  return (await raw('GET', `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${leaseName(namespace)}`)).body as LeaseBody
}

/** ms until it is so. */
async function until(isSo: () => boolean, mostMs = 30_000): Promise<number> {
  const start = performance.now()
  await eventually(() => isSo() ? Promise.resolve() : Promise.reject(new Error(`Not so: ${String(isSo)}`)), mostMs)
  return performance.now() - start
}

const leads = ({ leadership }: Candidate) => (): boolean => leadership.isLeading()
const aborted = ({ terms }: Candidate): readonly boolean[] => terms.map((term) => term.aborted)

describeCluster('standForElection', () => {
  test('has one leader, whose lease the API server takes, and one that stands by', async () => {
    const one = stand('one')
    await until(leads(one))
    const other = stand('other')
    await until(() => other.leadership.holder() === 'one')
    const first = await lease()
    expect(first.spec).toMatchObject({ holderIdentity: 'one', leaseTransitions: 0, leaseDurationSeconds: 3 })
    expect(first.spec.renewTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
    await eventually(async () => { expect((await lease()).spec.renewTime > first.spec.renewTime).toBe(true) })
    expect((await lease()).spec).toMatchObject({ acquireTime: first.spec.acquireTime, leaseTransitions: 0 })
    expect([one, other].map(({ leadership }) => leadership.isLeading())).toEqual([true, false])
  })

  test('is followed within a retry period or so when it gives the lease back', async () => {
    const one = stand('one')
    await until(leads(one))
    const other = stand('other')
    await until(() => other.leadership.holder() === 'one')
    const [, tookMs] = await Promise.all([one.leadership.stop(), until(leads(other))])
    // Without the release it would be 3 s.
    expect(tookMs).toBeLessThan(2000)
    expect((await lease()).spec).toMatchObject({ holderIdentity: 'other', leaseTransitions: 1 })
    expect(aborted(one)).toEqual([true])
  })

  test('leaves a lease that anybody may take at once, and that sync does not wait for', async () => {
    const client = clientOf(cluster().kubeconfig)
    const one = stand('one')
    await until(leads(one))
    expect(await leaseHolder(client, namespace, signal)).toBe('one')
    await one.leadership.stop()
    expect((await lease()).spec).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1 })
    const start = performance.now()
    expect(await leaseHolder(client, namespace, signal)).toBeUndefined()
    expect(performance.now() - start).toBeLessThan(2000)
  })

  test('makes a lease anew that was deleted, in another term', async () => {
    const one = stand('one')
    await until(leads(one))
    const { metadata: { uid } } = await lease()
    await kubectl(['delete', 'lease', '-n', namespace, leaseName(namespace)])
    await until(() => one.terms.length === 2)
    expect(aborted(one)).toEqual([true, false])
    const { metadata, spec } = await lease()
    expect(metadata.uid).not.toBe(uid)
    expect(spec.holderIdentity).toBe('one')
  })

  test('yields to a holder that was written by hand, and is followed by itself when that one never renews', async () => {
    const one = stand('one')
    await until(leads(one))
    await kubectl(['patch', 'lease', '-n', namespace, leaseName(namespace), '--type=merge', '-p', '{"spec":{"holderIdentity":"ghost"}}'])
    await until(() => !one.leadership.isLeading())
    expect([one.leadership.holder(), aborted(one)]).toEqual(['ghost', [true]])
    await until(leads(one))
    expect((await lease()).spec).toMatchObject({ holderIdentity: 'one', leaseTransitions: 1 })
  })

  test('goes on where a label was put on the lease by hand, and keeps it', async () => {
    const one = stand('one')
    await until(leads(one))
    await kubectl(['label', 'lease', '-n', namespace, leaseName(namespace), 'by=hand'])
    const { metadata: { resourceVersion } } = await lease()
    await eventually(async () => { expect((await lease()).metadata.resourceVersion).not.toBe(resourceVersion) })
    expect(aborted(one)).toEqual([false])
    expect((await lease()).metadata).toMatchObject({ labels: { by: 'hand' } })
  })

  test('stops leading at its deadline when the API server goes silent, and leads again when it is back', async () => {
    await using link = await openLink()
    const one = stand('one', { client: clientOf(link.kubeconfig) })
    await until(leads(one))
    const other = stand('other')
    link.sever()
    const stoppedMs = await until(() => !one.leadership.isLeading())
    expect(stoppedMs).toBeLessThan(2500)
    await until(() => aborted(one)[0] === true, 500)
    await until(leads(other))
    link.mend()
    await until(() => one.leadership.holder() === 'other')
    expect(one.leadership.isLeading()).toBe(false)
    expect(one.told.filter(({ kind }) => kind === 'trouble')).toMatchObject([{ where: 'lease' }])
    await other.leadership.stop()
    await until(leads(one))
  })

  test('needs no more rights than deploy/rbac.yaml grants for the lease', async () => {
    const { kubeconfig } = await testUser(namespace, { rules: await shippedRules('endpoint-registrar-lease') })
    const one = stand('one', { client: clientOf(kubeconfig) })
    await until(leads(one))
    await until(() => one.leadership.writeWindowMs() > 0)
    await one.leadership.stop()
    expect((await lease()).spec.holderIdentity).toBe('')
  })

  test('says what it may not do, and stands by', async () => {
    const { kubeconfig } = await testUser(namespace, {})
    const one = stand('one', { client: clientOf(kubeconfig) })
    await until(() => one.told.length > 0)
    expect(one.told).toEqual([{ kind: 'trouble', where: 'lease', message: expect.stringContaining('cannot get resource "leases"') }])
    expect(one.leadership.isLeading()).toBe(false)
  })
})

describeClusterWith(['requestLog'], 'standForElection of a process', () => {
  const start = (identity: string, durations = brisk): ReturnType<typeof startCandidate> =>
    startCandidate({ kubeconfig: cluster().kubeconfig, namespace, name: leaseName(namespace), identity, durations })

  test('that is killed is followed within the lease duration and two retries, by the real durations', async () => {
    const one = start('one', leaseDurations)
    await until(one.isLeading)
    const other = stand('other', { durations: leaseDurations })
    await until(() => other.leadership.holder() === 'one')
    await eventually(async () => { expect((await lease()).spec.renewTime).not.toBe((await lease()).spec.acquireTime) })
    one.signal('SIGKILL')
    const tookMs = await until(leads(other))
    process.stderr.write(`followed after ${Math.round(tookMs)} ms\n`)
    expect(tookMs).toBeLessThan(leaseDurations.leaseMs + 2 * leaseDurations.retryMs)
    expect((await lease()).spec).toMatchObject({ holderIdentity: 'other', leaseTransitions: 1 })
  })

  test('that ends by SIGTERM gives its lease back', async () => {
    const one = start('one')
    await until(one.isLeading)
    const other = stand('other')
    await until(() => other.leadership.holder() === 'one')
    one.signal('SIGTERM')
    expect(await one.exited).toBe(0)
    expect(await until(leads(other))).toBeLessThan(2000)
  })

  test('that is stopped past its lease and goes on sends no write, and knows at once that it leads no longer', async () => {
    const one = start('one')
    await until(one.isLeading)
    const other = start('other')
    await until(() => other.lines.some(({ holder }) => holder === 'one'))
    const writesOf = async (userAgent: string, mark: number): Promise<number> => {
      const { requests } = await requestsSince(mark, { namespace, userAgent })
      return requests.filter(({ verb, resource }) => verb === 'create' && resource === 'configmaps').length
    }
    const begin = await requestMark()
    await eventually(async () => { expect(await writesOf('one', begin)).toBeGreaterThan(5) })
    for (let round = 0; round < 3; round += 1) {
      const [frozen, free, name] = one.isLeading() ? [one, other, 'one'] as const : [other, one, 'other'] as const
      frozen.signal('SIGSTOP')
      await until(free.isLeading)
      const mark = await requestMark()
      const linesBefore = frozen.lines.length
      frozen.signal('SIGCONT')
      await until(() => frozen.lines.slice(linesBefore).some(({ pauseMs }) => pauseMs !== undefined))
      await until(() => frozen.lines.slice(linesBefore).some(({ ended }) => ended === true))
      await eventually(async () => { expect(await writesOf(name === 'one' ? 'other' : 'one', mark)).toBeGreaterThan(5) })
      expect(frozen.lines.slice(linesBefore).filter(({ pauseMs }) => pauseMs !== undefined)).toMatchObject([{ isLeading: false }])
      expect(await writesOf(name, mark)).toBe(0)
    }
  })
})
