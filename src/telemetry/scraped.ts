// Metrics that are read off the state at the moment of the scrape and kept by nobody: what is gone leaves no series behind,
// and 10,000 services cost no memory between scrapes. prom-client keeps every series and writes all of them in one go, which
// holds the process up for a fifth of a second at 100,000 series.

import { type Named, prefix } from './metric.ts'

export interface Scraped extends Named {
  readonly kind: 'gauge' | 'counter'
  readonly samples: () => Iterable<Sample>
}

/** Labels as `labelsText` makes them; empty for none. */
export type Sample = readonly [labels: string, value: number]

const chunkLength = 32 * 1024

/** A metric in the text format of Prometheus, in pieces. */
export function* textOfScraped({ name, help, kind, samples }: Scraped): Generator<string> {
  let text = `# HELP ${prefix}${name} ${help}\n# TYPE ${prefix}${name} ${kind}\n`
  for (const [labels, value] of samples()) {
    text += labels === '' ? `${prefix}${name} ${value}\n` : `${prefix}${name}{${labels}} ${value}\n`
    if (text.length < chunkLength) continue
    yield text
    text = ''
  }
  yield `${text}\n`
}

/** `name="value",…` */
export function labelsText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`).join(',')
}

function escaped(value: string): string {
  return /[\\"\n]/.test(value) ? value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n') : value
}

/** A single number, or none where it is not known. */
export function scrapedNumber(name: string, help: string, read: () => number | undefined): Scraped {
  return {
    name, help, kind: 'gauge',
    samples: () => {
      const value = read()
      return value === undefined ? [] : [['', value]]
    },
  }
}
