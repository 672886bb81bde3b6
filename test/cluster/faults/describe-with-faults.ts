import { basename } from 'node:path'
import { describe, expect } from '@jest/globals'
import { whyNoNetwork } from '../../faults/own-network.ts'
import { describeClusterWith } from '../harness/describe-cluster.ts'

/** A `describe` that needs a network of its own. Skipped, with a line that says why, where there is none to be had, in CI too. */
export function describeWithFaults(name: string, body: () => void): void {
  const reason = whyNoNetwork()
  if (reason === undefined) {
    describeClusterWith(['own', 'controllerManager'], name, body)
    return
  }
  process.stderr.write(`skipped: ${basename(expect.getState().testPath ?? '')}: ${name}: ${reason}\n`)
  describe.skip(name, body)
}
