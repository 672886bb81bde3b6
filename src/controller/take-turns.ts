/**
 * Shares the thread among much that is due at once: undefined while this turn of the loop has taken less than `mostMs` so
 * far, else a promise of a later turn, after timers and sockets have had theirs. Ask again once it resolves: others wait too.
 */
export function takeTurns(mostMs: number): () => Promise<void> | undefined {
  let begunAt: number | undefined
  let next: Promise<void> | undefined
  return () => {
    if (begunAt !== undefined) return performance.now() - begunAt < mostMs ? undefined : next
    begunAt = performance.now()
    next = new Promise((resolve) => {
      setImmediate(() => {
        begunAt = undefined
        resolve()
      })
    })
    return undefined
  }
}
