/** The other end of `startTied`: aborted when the parent has gone or wants us to end. */
export function parentLife(): AbortSignal {
  const ended = new AbortController()
  const end = (): void => { ended.abort(new Error('The parent process has ended')) }
  process.stdin.once('end', end).once('close', end).once('error', end).resume()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, end)
  // With the parent gone its pipes are broken: a line that nobody reads must not keep us from cleaning up.
  process.stdout.on('error', () => undefined)
  process.stderr.on('error', () => undefined)
  return ended.signal
}

/** Resolves when the signal is aborted. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise((resolve) => { signal.addEventListener('abort', resolve, { once: true }) })
}

/** Prints the one line that the parent waits for. */
export function answer(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}
