// The text format of Prometheus, read strictly: a line that is not understood is an error, and so is a series that stands twice.

export interface ParsedMetrics {
  /** Name -> type, as the TYPE lines say. */
  readonly types: ReadonlyMap<string, string>
  /** `name{label="value",…}`, labels in their order -> value. */
  readonly series: ReadonlyMap<string, number>
}

const line = /^([a-zA-Z_:][a-zA-Z0-9_:]*(?:\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*",?)*\})?) (-?[0-9.e+-]+|[+-]Inf|Nan|NaN)$/

export function parseMetrics(text: string): ParsedMetrics {
  if (!text.endsWith('\n')) throw new Error('The last line is not ended')
  const types = new Map<string, string>()
  const series = new Map<string, number>()
  for (const each of text.split('\n').filter((one) => one !== '' && !one.startsWith('# HELP '))) {
    const [, name, type] = /^# TYPE (\S+) (\S+)$/.exec(each) ?? []
    if (name !== undefined && type !== undefined) add(types, name, type)
    else readSeries(each, types, series)
  }
  return { types, series }
}

function readSeries(text: string, types: ReadonlyMap<string, string>, series: Map<string, number>): void {
  const [, key, value] = line.exec(text) ?? []
  if (key === undefined) throw new Error(`Not understood: ${text}`)
  const family = key.replace(/\{.*/, '')
  if (!types.has(family) && !types.has(family.replace(/_(bucket|sum|count)$/, ''))) throw new Error(`Without TYPE before it: ${text}`)
  add(series, key, Number(value))
}

function add<Value>(map: Map<string, Value>, key: string, value: Value): void {
  if (map.has(key)) throw new Error(`Stands twice: ${key}`)
  map.set(key, value)
}
