const units = [['d', 86_400], ['h', 3600], ['m', 60], ['s', 1]] as const

/** A time span as people say it, in its two greatest units: `4d 3h`, `5m`, `12s`; `0s` for none and for what is negative. */
export function age(ms: number): string {
  let seconds = Math.max(0, Math.round(ms / 1000))
  const parts: string[] = []
  for (const [name, length] of units) {
    const count = Math.floor(seconds / length)
    seconds -= count * length
    if (count > 0 || parts.length > 0) parts.push(count > 0 ? `${count}${name}` : '')
  }
  return parts.slice(0, 2).filter((part) => part !== '').join(' ') || '0s'
}

/** From one ISO time to another; empty where one is missing. */
export function ageBetween(from: string | undefined, to: string | undefined): string {
  return from === undefined || to === undefined ? '' : age(Date.parse(to) - Date.parse(from))
}
