import { type NamespaceState } from '../../model/ports.ts'
import { type KubernetesClient } from '../client.ts'
import { ClusterError, isUnreachable } from '../cluster-error.ts'
import { namespaceState } from '../namespace-state.ts'
import { type Clock } from './clock.ts'

export interface NamespacePoll {
  readonly states: ReadonlyMap<string, NamespaceState>
  /** Asks for these now. Rejects with ClusterError where nobody answers; what is refused for the moment is not known. */
  ask(names: readonly string[]): Promise<void>
  stop(): Promise<void>
}

interface Polling {
  readonly client: Pick<KubernetesClient, 'call'>
  readonly clock: Clock
  /** The namespaces that matter now; none where they are watched. */
  readonly names: () => readonly string[]
  readonly changed: () => void
}

// One that is to appear is waited for; that one goes is rare, and its objects go before it.
const pollMs = 2000
const everyRoundForActive = 5

/** For those who may not watch namespaces: asks for each again and again. */
export function pollNamespaces({ client, clock, names, changed }: Polling): NamespacePoll {
  const stopping = new AbortController()
  const states = new Map<string, NamespaceState>()

  const askOne = async (name: string): Promise<void> => {
    try {
      const state = await namespaceState(client, name, stopping.signal)
      if (states.get(name) === state) return
      states.set(name, state)
      changed()
    } catch (error) {
      if (!(error instanceof ClusterError) || isUnreachable(error)) throw error
    }
  }
  const ask = async (asked: readonly string[]): Promise<void> => {
    await Promise.all(asked.map(askOne))
  }
  const loop = async (): Promise<void> => {
    for (let round = 1; !stopping.signal.aborted; round += 1) {
      await clock.wait(pollMs, stopping.signal)
      const due = names().filter((name) => round % everyRoundForActive === 0 || states.get(name) !== 'active')
      // What is not answered now is asked for again in the next round.
      await ask(due).catch(() => undefined)
    }
  }
  const ended = loop().catch(() => undefined)
  return {
    states, ask,
    async stop() {
      stopping.abort()
      await ended
    },
  }
}
