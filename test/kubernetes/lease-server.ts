// The few rules of the API server that an election depends on (versions, 404, 409), over links that delay and lose.
// What the real one does is tested against the real one.

import { type KubernetesClient } from '../../src/kubernetes/client.ts'
import { ClusterError } from '../../src/kubernetes/cluster-error.ts'
import { type ElectionClock } from '../../src/kubernetes/election-clock.ts'
import { type Lease } from '../../src/kubernetes/lease-record.ts'
import { type VirtualTime } from '../support/virtual-time.ts'

/** What happens to one call on its way. A request that is given up by its client may arrive all the same. */
export interface Passage {
  readonly thereMs: number
  readonly backMs: number
  readonly lost?: 'request' | 'answer'
}

export interface LeaseServer {
  lease: Lease | undefined
  /** How many calls were made, answered or not. */
  readonly calls: () => number
  /** `METHOD holder` of each write that was stored, and the ms at which. */
  readonly stored: readonly { readonly at: number; readonly text: string }[]
  /** Something edited by hand. */
  edit(change: (lease: Lease) => Lease): void
  client(machine: Machine, passage: (method: string) => Passage): Pick<KubernetesClient, 'call'>
}

/** One computer: its clocks are its own, and while it is frozen nothing of it runs. */
export interface Machine {
  readonly clock: ElectionClock
  frozenUntil: number
  wallSkewMs: number
}

export function machine(time: VirtualTime, { skewMs = 0, random = () => 0.5 }: { readonly skewMs?: number; readonly random?: () => number } = {}): Machine {
  const self: Machine = {
    frozenUntil: 0, wallSkewMs: 0,
    clock: {
      now: () => time.now() + skewMs,
      wallNow: () => Date.parse('2026-11-23T12:00:00Z') + time.now() + self.wallSkewMs,
      wait: (ms, signal) => awake(self, time, time.wait(ms, signal), signal),
      random,
    },
  }
  return self
}

async function awake(self: Machine, time: VirtualTime, work: Promise<void>, signal?: AbortSignal): Promise<void> {
  await work
  while (self.frozenUntil > time.now()) await time.wait(self.frozenUntil - time.now(), signal)
}

export function leaseServer(time: VirtualTime): LeaseServer {
  const stored: { at: number; text: string }[] = []
  let version = 0
  let calls = 0

  const store = (lease: Lease): Lease => {
    version += 1
    return server.lease = { ...lease, metadata: { ...lease.metadata, resourceVersion: String(version) } }
  }
  const answer = (method: string, body: Lease | undefined): Lease => {
    if (method === 'GET' || body === undefined) return server.lease ?? fail(404)
    if (method === 'PUT' && server.lease === undefined) fail(404)
    if (server.lease?.metadata.resourceVersion !== body.metadata.resourceVersion) fail(409)
    stored.push({ at: time.now(), text: `${method} ${body.spec?.holderIdentity ?? ''}` })
    return store(body)
  }
  const server: LeaseServer = {
    lease: undefined, stored, calls: () => calls,
    edit: (change) => { if (server.lease !== undefined) store(change(server.lease)) },
    client: (of, passage) => ({
      call: async ({ method, body, windowMs }, signal) => {
        calls += 1
        signal.throwIfAborted()
        const leftMs = windowMs?.() ?? Infinity
        if (leftMs <= 0) throw new ClusterError('Not sent: no longer leading', { reason: 'NotLeading', retryable: false })
        const answered = pass(time, passage(method), () => answer(method, structuredClone(body) as Lease | undefined))
        const over = new AbortController()
        const either = AbortSignal.any([signal, over.signal])
        // Who was frozen finds the answer first and only then sees that it is late: so does a real process.
        const late = of.clock.wait(leftMs, either).then(() => settled(() => fail(undefined)))
        const result = await Promise.race([answered, late]).finally(() => { over.abort() })
        late.catch(() => undefined)
        await awake(of, time, Promise.resolve(), signal)
        return result()
      },
    }),
  }
  return server
}

async function pass(time: VirtualTime, { thereMs, backMs, lost }: Passage, work: () => Lease): Promise<() => Lease> {
  await time.wait(thereMs)
  if (lost === 'request') return never()
  const result = settled(work)
  await time.wait(backMs)
  return lost === 'answer' ? never() : result
}

/** Of the call: what it gives is given once, whenever it is taken. */
function settled(work: () => Lease): () => Lease {
  try {
    const value = work()
    return () => value
  } catch (error) {
    return () => { throw error as Error }
  }
}

function fail(status: 404 | 409 | undefined): never {
  if (status === undefined) throw new ClusterError('The API server did not answer in time', { reason: 'Timeout', retryable: true })
  throw new ClusterError(`status ${status}`, { status, reason: 'Test', retryable: false })
}

function never(): Promise<never> {
  return new Promise(() => undefined)
}
