import { afterAll, afterEach, describe, expect, jest, test } from '@jest/globals'
import { basename } from 'node:path'
import { clusterState, type ClusterState } from './cluster.ts'
import { type Capability } from './connection.ts'
import { closeRequests } from './request.ts'
import { removeTestNamespaces } from './test-namespace.ts'

/** A `describe` that needs the cluster of this run. Skipped, with a line that says why, where there is none. */
export function describeCluster(name: string, body: () => void): void {
  describeClusterWith([], name, body)
}

/** The same for tests that need more of the cluster than its API. */
export function describeClusterWith(needs: readonly Capability[], name: string, body: () => void): void {
  const state = clusterState()
  if (state.state === 'failed') {
    describe(name, () => { test('has a cluster', () => { throw new Error(state.reason) }) })
    return
  }
  const reason = whyNot(state, needs)
  if (reason !== undefined) {
    process.stderr.write(`skipped: ${basename(expect.getState().testPath ?? '')}: ${name}: ${reason}\n`)
    describe.skip(name, body)
    return
  }
  // A namespace alone takes five seconds to go.
  jest.setTimeout(60_000)
  describe(name, () => {
    afterAll(closeRequests)
    afterEach(removeTestNamespaces)
    body()
  })
}

function whyNot(state: ClusterState, needs: readonly Capability[]): string | undefined {
  if (state.state !== 'running') return state.reason
  const lacking = needs.filter((need) => !state.connection.capabilities.includes(need))
  return lacking.length === 0 ? undefined : `this cluster lacks ${lacking.join(', ')}`
}
