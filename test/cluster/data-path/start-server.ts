import { once } from 'node:events'
import { type OutsideHost } from './network.ts'
import { runIn } from './run-in.ts'

/** A server on an outside host that tells its name and the client's address. It goes with the network. */
export async function startServer({ namespace, name }: OutsideHost, port: number): Promise<void> {
  const child = runIn(namespace, 'server-process.ts', [name, port])
  await once(child, 'message', { signal: AbortSignal.timeout(30_000) })
}
