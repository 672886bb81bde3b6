import { stripVTControlCharacters } from 'node:util'

/**
 * Rows in aligned columns, as kubectl prints them: no lines, two spaces between. By hand, since a pass prints one table
 * a service and a library for tables with borders, spans and wrapping takes longer over them than the pass over its plan.
 */
export function table(rows: readonly (readonly string[])[], head: readonly string[] = []): string {
  const lines = head.length === 0 ? rows : [head, ...rows]
  const widths: number[] = []
  for (const line of lines) line.forEach((cell, column) => { widths[column] = Math.max(widths[column] ?? 0, shownWidth(cell)) })
  return lines.map((line) => line.map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - shownWidth(cell))).join('  ').trimEnd()).join('\n')
}

/** Colours take no room. */
function shownWidth(cell: string): number {
  return stripVTControlCharacters(cell).length
}
