/**
 * What `work` comes to, whose signal is aborted after so many ms too, with `late` as its reason.
 * Not AbortSignal.timeout: the timer of every call that was answered would run on, and make an error that nobody takes.
 */
export async function within<T>(ms: number, signal: AbortSignal, late: () => Error, work: (deadline: AbortSignal) => Promise<T>): Promise<T> {
  const over = new AbortController()
  const timer = setTimeout(() => { over.abort(late()) }, ms)
  try {
    return await work(AbortSignal.any([signal, over.signal]))
  } finally {
    clearTimeout(timer)
  }
}
