/** Gathers keys and tells them together, on a turn of its own: a burst of events is one piece of news. */
export interface HeardKeys {
  add(key: string): void
  stop(): void
}

export function heardKeys(tell: (keys: readonly string[]) => void): HeardKeys {
  const keys = new Set<string>()
  let turn: NodeJS.Immediate | undefined
  const flush = (): void => {
    turn = undefined
    const told = [...keys]
    keys.clear()
    tell(told)
  }
  return {
    add: (key) => {
      keys.add(key)
      turn ??= setImmediate(flush)
    },
    stop: () => { clearImmediate(turn) },
  }
}
