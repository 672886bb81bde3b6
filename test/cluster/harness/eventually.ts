import { setTimeout as sleep } from 'node:timers/promises'

/** Tries until it does not throw, for what a controller of the cluster does in its own time. Throws what the last try threw. */
export async function eventually<Value>(attempt: () => Promise<Value>, timeoutMs = 30_000): Promise<Value> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const tried = await attempt().then((value) => ({ value }), (error: unknown) => ({ error }))
    if ('value' in tried) return tried.value
    if (Date.now() > deadline) throw tried.error
    await sleep(50)
  }
}
