import { randomBytes } from 'node:crypto'
import pLimit from 'p-limit'
import { type Tell } from '../model/happenings.ts'
import { type Call, type KubernetesClient } from './client.ts'
import { ClusterError } from './cluster-error.ts'
import { type ElectionClock, machineClock } from './election-clock.ts'
import { eventBudget, type EventLimits, type Posting } from './event-budget.ts'
import { eventNotes, type EventNote } from './event-notes.ts'
import { type Event, eventObject, type InvolvedObject } from './event-object.ts'
import { rareTrouble } from './rare-trouble.ts'

export interface EventSinkOptions {
  readonly instance: string
  /** Which process says it. */
  readonly identity: string
  /** Nobody but the leader sends any. */
  readonly isLeading: () => boolean
  /** Of a Service, where it is known: `kubectl describe` shows no Event without it. */
  readonly uidOf: (namespace: string, name: string) => string | undefined
  /** What belongs to no Service is said of this Lease; without one it is not said. */
  readonly lease?: { readonly namespace: string; readonly name: string; readonly uid: () => string | undefined }
  /** Hears of `trouble` at most once a minute. */
  readonly tell: Tell
  readonly clock?: Pick<ElectionClock, 'now' | 'wallNow'>
  readonly limits?: EventLimits
}

export interface EventSink {
  /** Never waits and never throws; what cannot be sent is dropped. */
  readonly tell: Tell
  stop(): Promise<void>
}

/** Events take up no more of the client than this, however many there are to say. */
export const eventsInFlight = 2
const waiting = 100
const timeoutMs = 5000

/** Says at the Service, as Kubernetes Events, what happens to it. */
export function eventSink(client: Pick<KubernetesClient, 'call'>, options: EventSinkOptions): EventSink {
  const { clock = machineClock, isLeading } = options
  const admit = eventBudget(options.limits)
  const limit = pLimit(eventsInFlight)
  const stopping = new AbortController()
  const trouble = rareTrouble(options.tell, 'events', clock.now)
  const run = randomBytes(4).toString('hex')
  const windowMs = (): number => (isLeading() ? timeoutMs : 0)

  const send = async (call: Call): Promise<void> => {
    try {
      await client.call({ ...call, windowMs }, stopping.signal)
    } catch (error) {
      if (!stopping.signal.aborted && !isExpected(error)) trouble(error)
    }
  }
  const say = (note: EventNote): void => {
    const object = objectOf(note, options)
    const posting = object === undefined || limit.pendingCount >= waiting ? undefined : admit(note, clock.now())
    if (object === undefined || posting === undefined) return
    const event = eventObject(note, posting, { ...options, object, run, sinceWall: clock.wallNow() - (clock.now() - posting.since), now: clock.wallNow() })
    void limit(send, callOf(event, posting))
  }
  return {
    tell: (happening) => { if (isLeading()) eventNotes(happening).forEach(say) },
    stop: async () => {
      stopping.abort()
      // What waits ends at once, since its signal has.
      await limit(() => undefined)
    },
  }
}

/** A namespace that goes takes its Events along, and who no longer leads has nothing to say. */
function isExpected(error: unknown): boolean {
  if (!(error instanceof ClusterError)) return false
  return error.status === 404 || error.causes.includes('NamespaceTerminating') || error.reason === 'NotLeading'
}

function objectOf({ about }: EventNote, { uidOf, lease }: EventSinkOptions): InvolvedObject | undefined {
  if (about === 'lease') return lease && { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', ...placeOf(lease, lease.uid()) }
  return { apiVersion: 'v1', kind: 'Service', ...placeOf(about, uidOf(about.namespace, about.name)) }
}

function placeOf({ namespace, name }: { readonly namespace: string; readonly name: string }, uid: string | undefined): Omit<InvolvedObject, 'apiVersion' | 'kind'> {
  return { namespace, name, ...(uid !== undefined && { uid }) }
}

/** Nobody else writes an Event of ours, so that it is put whole, with no need to know its version; one that has expired is made anew. */
function callOf(event: Event, { isNew }: Posting): Call {
  const path = `/api/v1/namespaces/${encodeURIComponent(event.metadata.namespace)}/events`
  return isNew ? { method: 'POST', path, body: event } : { method: 'PUT', path: `${path}/${encodeURIComponent(event.metadata.name)}`, body: event }
}
