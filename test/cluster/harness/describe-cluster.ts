import { afterAll, afterEach, describe, expect, jest, test } from '@jest/globals'
import { basename } from 'node:path'
import { clusterState, type ClusterState } from './cluster.ts'
import { type Capability } from './connection.ts'
import { startTriesMs } from './control-plane.ts'
import { closeRequests } from './request.ts'
import { removeTestNamespaces } from './test-namespace.ts'

/** A suite may start a control plane of its own, and a slow machine needs its time for all else. */
const testTimeoutMs = startTriesMs.reduce((sum, tryMs) => sum + tryMs, 60_000)

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
  jest.setTimeout(testTimeoutMs)
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
