/**
 * Runs work with a signal that ends after `ms`, or with the outer one.
 * Not AbortSignal.any with AbortSignal.timeout: its timer does not keep the process, and its listeners outlive the work.
 */
export async function within<T>(ms: number, outer: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  const end = (): void => { controller.abort() }
  const timer = setTimeout(end, ms)
  outer.addEventListener('abort', end)
  if (outer.aborted) end()
  try {
    return await work(controller.signal)
  } finally {
    clearTimeout(timer)
    outer.removeEventListener('abort', end)
  }
}
