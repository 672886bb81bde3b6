import { once } from 'node:events'
import { runIn } from './run-in.ts'

/** What came of one connection, the `turn`th that was opened. */
export type Connected =
  | { readonly turn: number; readonly host: string; readonly from: string; readonly error?: never }
  | { readonly turn: number; readonly error: string; readonly host?: never }

export interface Client {
  /** Lets this many more connections be opened and end. */
  more(count: number): Promise<readonly Connected[]>
  /** Those that had no answer since the last `forget`. */
  failures(): readonly Connected[]
  forget(): void
  stop(): Promise<void>
}

/** A client in a namespace that opens a new connection every `everyMs` until it is stopped. It waits for the first answer. */
export async function startClient(namespace: string, address: string, port: number, everyMs = 20): Promise<Client> {
  const child = runIn(namespace, 'client-process.ts', [address, port, everyMs])
  const connections: Connected[] = []
  let newest = 0
  child.on('message', (message: Connected) => {
    connections.push(message)
    newest = Math.max(newest, message.turn)
  })
  const more = async (count: number): Promise<readonly Connected[]> => {
    const opened = newest
    const ended: Connected[] = []
    const signal = AbortSignal.timeout(15_000)
    while (ended.length < count) {
      const [connected] = await once(child, 'message', { signal }) as [Connected]
      // One that was opened before and took its time says nothing of now.
      if (connected.turn > opened) ended.push(connected)
    }
    return ended
  }
  await more(1)
  return {
    more,
    failures: () => connections.filter(({ error }) => error !== undefined),
    forget: () => { connections.length = 0 },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}
