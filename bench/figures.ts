/** The middle one; of an even number the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`
}

export function milliseconds(ms: number): string {
  return `${ms.toFixed(0)} ms`
}

export function mebibytes(value: number): string {
  return `${value.toFixed(0)} MiB`
}

export function title(text: string): void {
  process.stdout.write(`\n## ${text}\n\n`)
}

export function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** Columns under a head, numbers to the right. */
export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  ').trimEnd()
  say([head, ...rows].map(line).join('\n'))
}

/** A figure beside its goal: said, never asserted. */
export function printGoal(what: string, value: string, goal: string): void {
  say(`${what}: ${value} (goal: ${goal})`)
}

/** The figures of pairs that ran in turn: each one's ratio, so that a machine that slows down slows both. */
export function ratioOf(pairs: readonly (readonly [number, number])[]): string {
  const ratios = pairs.map(([ours, theirs]) => ours / theirs)
  return `${median(ratios).toFixed(2)}, of ${ratios.map((ratio) => ratio.toFixed(2)).join(' ')}`
}

/** Requests by verb and resource, most first. */
export function countsText(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts).sort(([x, a], [y, b]) => b - a || (x < y ? -1 : 1)).map(([what, count]) => `${count} ${what}`).join(', ')
}
