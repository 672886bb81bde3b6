// Metrics on a registry of our own, by their short names. A counter knows its label values beforehand wherever there are
// few: `increase()` does not see a series' first step from nothing to 1.

import { Counter, Histogram, type Registry } from 'prom-client'

export const prefix = 'endpoint_registrar_'

export interface Named {
  /** Without the prefix. */
  readonly name: string
  readonly help: string
}

export function counter<Label extends string>(
  registry: Registry, { name, help }: Named, labelNames: readonly Label[], zeros: readonly Readonly<Record<Label, string>>[] = [],
): Counter<Label> {
  const made = new Counter({ name: prefix + name, help, labelNames, registers: [registry] })
  for (const labels of zeros) made.inc(labels, 0)
  return made
}

/** Of durations, in seconds. */
export function histogram<Label extends string>(
  registry: Registry, { name, help }: Named, buckets: readonly number[], labelNames: readonly Label[] = [],
): Histogram<Label> {
  return new Histogram({ name: prefix + name, help, labelNames, buckets: [...buckets], registers: [registry] })
}

/** Every combination of the values of some labels. */
export function combinations<Label extends string>(values: Readonly<Record<Label, readonly string[]>>): readonly Readonly<Record<Label, string>>[] {
  const labels = Object.keys(values) as Label[]
  return labels.reduce<readonly Record<string, string>[]>(
    (made, label) => made.flatMap((each) => values[label].map((value) => ({ ...each, [label]: value }))), [{}],
  ) as readonly Record<Label, string>[]
}
