import { type Capability, type Connection } from './connection.ts'

/** What the global setup found or started; every suite of the run shares it. */
export type ClusterState =
  | { readonly state: 'running'; readonly connection: SharedCluster }
  | { readonly state: 'skipped' | 'failed'; readonly reason: string }

export interface SharedCluster extends Connection {
  readonly kubectlFile: string
  /** A kubeconfig for each fixed user (`admin`, `limited`, `other`); empty for a TEST_KUBECONFIG: see testUser. */
  readonly users: Readonly<Record<string, string>>
}

const variable = 'ENDPOINT_REGISTRAR_TEST_CLUSTER'

/** Called by the global setup: the workers inherit the environment. */
export function publishCluster(state: ClusterState): void {
  process.env[variable] = JSON.stringify(state)
}

export function clusterState(): ClusterState {
  const text = process.env[variable]
  return text === undefined ? { state: 'failed', reason: 'The global setup did not run' } : JSON.parse(text) as ClusterState
}

/** The cluster of this run. Throws where there is none: use it within describeCluster. */
export function cluster(): SharedCluster {
  const state = clusterState()
  if (state.state !== 'running') throw new Error(`No cluster: ${state.reason}`)
  return state.connection
}

export function hasCapability(capability: Capability): boolean {
  return cluster().capabilities.includes(capability)
}

/** The kubeconfig file of a fixed user. Only our own control plane has them. */
export function kubeconfigFor(user: 'admin' | 'limited' | 'other'): string {
  const file = cluster().users[user]
  if (file === undefined) throw new Error(`This cluster has no fixed user: ${user}`)
  return file
}
