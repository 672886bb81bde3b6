import { setTimeout as sleep } from 'node:timers/promises'
import { type ControlPlane, startControlPlane } from '../test/cluster/harness/control-plane.ts'
import { raw } from '../test/cluster/harness/raw.ts'
import { closeRequests } from '../test/cluster/harness/request.ts'
import { type RequestCount, requestMark, requestsSince } from '../test/cluster/harness/request-log.ts'
import { type Run, runNode } from './run-node.ts'

/** Does the work on a control plane of its own, which is as empty at every start. */
export async function withControlPlane<T>(work: (plane: ControlPlane) => Promise<T>): Promise<T> {
  const plane = await startControlPlane()
  try {
    return await work(plane)
  } finally {
    await closeRequests()
    await plane.stop()
  }
}

export async function makeNamespace(plane: ControlPlane, name: string): Promise<void> {
  const { status } = await raw('POST', '/api/v1/namespaces', { metadata: { name } }, { to: plane })
  if (status !== 201) throw new Error(`Cannot create namespace ${name}: ${status}`)
}

export interface CountedRun extends Run {
  /** What the API server received from it. */
  readonly requests: RequestCount
}

/** Runs the bundled registrar and counts its requests at the API server. */
export async function runRegistrar(plane: ControlPlane, args: readonly string[], nodeArgs: readonly string[] = []): Promise<CountedRun> {
  const mark = await requestMark(plane)
  const run = await runNode([...nodeArgs, 'dist/main.js', ...args, '--kubeconfig', plane.kubeconfig])
  if (run.exitCode !== 0) throw new Error(`endpoint-registrar ${args.join(' ')} ended with ${run.exitCode}: ${run.output.slice(-500)}`)
  return { ...run, requests: await requestsSince(mark, { userAgent: 'endpoint-registrar' }, plane) }
}

/** Waits until nobody asks the API server for much any more: controllers work off what a run has left them. */
export async function settle(plane: ControlPlane): Promise<void> {
  for (let quiet = 0; quiet < 3;) {
    const mark = await requestMark(plane)
    await sleep(500)
    quiet = (await requestsSince(mark, {}, plane)).requests.length < 20 ? quiet + 1 : 0
  }
}
