import { type NamespaceState } from '../../model/ports.ts'
import { type Namespace, stateOf } from '../namespace-state.ts'
import { type Surrounding } from './collection-steps.ts'
import { followCollection } from './follow-collection.ts'
import { type Sink } from './list-into.ts'
import { pollNamespaces } from './poll-namespaces.ts'

export interface NamespacesFollower {
  /** Undefined where it is not known yet. */
  stateOf(namespace: string): NamespaceState | undefined
  /** Both reject with ClusterError where nobody answers. */
  refresh(): Promise<void>
  ready(): Promise<void>
  heardAt(): number | undefined
  stop(): Promise<void>
}

/** Watches the namespaces of the cluster where that is allowed, and else asks for each of those that matter. */
export function followNamespaces(surrounding: Surrounding, names: () => readonly string[]): NamespacesFollower {
  const { client, clock, changed } = surrounding
  const listed = new Map<string, NamespaceState>()
  const watched = followCollection({ what: 'Namespaces', path: '/api/v1/namespaces', isWatched: true, sink: sinkInto(listed, changed) }, surrounding)
  const isPolled = (): boolean => watched.refusal() !== undefined
  const poll = pollNamespaces({ client, clock, changed, names: () => isPolled() ? names() : [] })
  const pollIfNeeded = async (): Promise<void> => {
    if (isPolled()) await poll.ask(names())
  }
  return {
    stateOf: (namespace) => {
      if (isPolled()) return poll.states.get(namespace)
      return watched.hasAnswered() ? listed.get(namespace) ?? 'missing' : undefined
    },
    refresh: async () => {
      await watched.refresh()
      await pollIfNeeded()
    },
    ready: async () => {
      await watched.ready()
      await pollIfNeeded()
    },
    heardAt: () => isPolled() ? undefined : watched.heardAt(),
    async stop() {
      await Promise.all([watched.stop(), poll.stop()])
    },
  }
}

/** All of the cluster, by name: those that matter may be others tomorrow. */
function sinkInto(listed: Map<string, NamespaceState>, changed: () => void): Sink<Namespace> {
  return {
    begin: () => {
      const found = new Map<string, NamespaceState>()
      return {
        page: (items) => { for (const item of items) found.set(item.metadata.name, stateOf(item)) },
        end: () => {
          listed.clear()
          for (const [name, state] of found) listed.set(name, state)
          changed()
        },
      }
    },
    take: ({ type, object }) => {
      if (type === 'DELETED') listed.delete(object.metadata.name)
      else listed.set(object.metadata.name, stateOf(object))
      changed()
    },
  }
}
