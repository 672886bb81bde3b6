// What a run has to say: a line for each fault, and the counts that must be 0.

import { type Convergence } from './run-faults.ts'

export interface Outcome {
  readonly seconds: number
  readonly convergences: readonly Convergence[]
  readonly emptied: readonly string[]
  readonly touched: readonly string[]
  readonly leaderless: readonly string[]
  readonly crashed: readonly string[]
  readonly writes: number
  /** What was not true once no fault was left. */
  readonly lackAtEnd: string | undefined
}

export function isGood({ convergences, emptied, touched, leaderless, crashed, lackAtEnd }: Outcome): boolean {
  return [emptied, touched, leaderless, crashed].every((list) => list.length === 0) && lackAtEnd === undefined && convergences.every(({ late }) => late === undefined)
}

/** Times are from a fault's end on, its detection included; with a `*` of those that met a fault of the platform, from the end of the later one. */
export function report(outcome: Outcome): string {
  const { seconds, convergences, emptied, touched, leaderless, crashed, writes, lackAtEnd } = outcome
  const kinds = Map.groupBy(convergences, ({ name }) => name)
  const rows = [...kinds].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, all]) => {
    const times = (among: boolean): number[] => all.filter(({ isAmongOthers }) => isAmongOthers === among).map(({ ms }) => ms).sort((a, b) => a - b)
    const [alone, among] = [times(false), times(true)]
    const cells = [String(all.length), of(alone, 0.5), of(alone, 1), of(among, 0.5), of(among, 1), (Math.max(...all.map(({ detectionMs }) => detectionMs)) / 1000).toFixed(1), String(all.filter(({ late }) => late !== undefined).length)]
    return `${name.padEnd(58)}${cells.map((cell) => cell.padStart(9)).join('')}`
  })
  const faults = convergences.filter(isEnd).length
  const lates = convergences.flatMap(({ name, late }) => (late === undefined ? [] : [`${name}: ${late}`]))
  return [
    `${'fault'.padEnd(58)}${['count', 'p50 s', 'max s', 'p50 s *', 'max s *', 'known s', 'late'].map((cell) => cell.padStart(9)).join('')}`,
    ...rows, '', ...families(convergences), '',
    `${faults} faults in ${Math.round(seconds)} s; ${writes} writes, ${(writes / Math.max(1, faults)).toFixed(1)} a fault`,
    ...list('moments in which a service had nobody though somebody could serve', emptied),
    ...list('foreign objects touched', touched),
    ...list('writes by who did not lead', leaderless),
    ...list('registrars that ended by themselves', crashed),
    ...list('not true again in time', lates),
    ...list('not true at the end', lackAtEnd === undefined ? [] : [lackAtEnd]), '',
  ].join('\n')
}

function isEnd({ name }: Convergence): boolean {
  return !name.endsWith('(while it lasts)')
}

/** A line for each family and one for all; p99 over enough samples only (RULES 7). `late by`: the most beyond the detection, negative where none was. */
function families(convergences: readonly Convergence[]): readonly string[] {
  const ends = convergences.filter(isEnd)
  const groups = Map.groupBy(ends, ({ name }) => name.split(':')[0] ?? '')
  const rows = [...[...groups].sort(([a], [b]) => (a < b ? -1 : 1)), ['all', ends] as const].map(([family, all]) => {
    const times = all.map(({ ms }) => ms).sort((a, b) => a - b)
    const beyond = all.map(({ ms, detectionMs }) => ms - detectionMs).sort((a, b) => a - b)
    return [family, String(all.length), of(times, 0.5), all.length >= 1000 ? of(times, 0.99) : '-', of(times, 1), of(beyond, 1)]
  })
  return [['family', 'count', 'p50 s', 'p99 s', 'max s', 'late by s'], ...rows]
    .map(([family = '', ...cells]) => `${family.padEnd(10)}${cells.map((cell) => cell.padStart(11)).join('')}`)
}

function of(sorted: readonly number[], share: number): string {
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
  return value === undefined ? '-' : (value / 1000).toFixed(2)
}

function list(what: string, items: readonly string[]): readonly string[] {
  return [`${String(items.length).padStart(5)} ${what}`, ...items.slice(0, 20).map((item) => `      ${item.replaceAll('\n', '\n        ')}`)]
}
