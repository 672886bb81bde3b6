import { instanceLabel } from '../model/marks.ts'
import { type Posting } from './event-budget.ts'
import { type EventNote } from './event-notes.ts'

/** What an Event is about; `kubectl describe` shows it only with the uid. */
export interface InvolvedObject {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly uid?: string
}

export interface Event {
  readonly metadata: { readonly namespace: string; readonly name: string; readonly labels: Readonly<Record<string, string>> }
  readonly [field: string]: unknown
}

export interface Circumstances {
  readonly object: InvolvedObject
  readonly instance: string
  readonly identity: string
  /** Of this process: two of one name never write the same Event. */
  readonly run: string
  /** ms since the epoch: when it was said first, and now. */
  readonly sinceWall: number
  readonly now: number
}

// The API server takes up to 253 characters for a name, and kubectl shows a message of any length.
const longestName = 200
const longestMessage = 1024

/** The v1 Event as the API takes it, the same name for the same posting. */
export function eventObject({ type, reason, message }: EventNote, { id, count }: Posting, { object, instance, identity, run, sinceWall, now }: Circumstances): Event {
  return {
    apiVersion: 'v1', kind: 'Event',
    metadata: { namespace: object.namespace, name: `${object.name.slice(0, longestName).replace(/[^a-z0-9]+$/, '')}.${run}.${id.toString(16)}`, labels: { [instanceLabel]: instance } },
    involvedObject: object, type, reason, message: message.slice(0, longestMessage), count,
    firstTimestamp: new Date(sinceWall).toISOString(), lastTimestamp: new Date(now).toISOString(),
    source: { component: 'endpoint-registrar' }, reportingComponent: 'endpoint-registrar', reportingInstance: identity,
  }
}
