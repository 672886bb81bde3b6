import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { openMetrics } from '../../src/telemetry/metrics.ts'
import { runStatus } from '../support/run-status.ts'
import { parseMetrics } from './parse-metrics.ts'

const page = readFileSync('docs/metrics.md', 'utf8')

async function registered(): Promise<Record<string, string>> {
  let text = ''
  for await (const chunk of openMetrics({ status: () => runStatus(), heardAt: () => 1 }).chunks()) text += chunk
  return Object.fromEntries(parseMetrics(text).types)
}

test('docs/metrics.md has every metric, as what it is, and no other', async () => {
  const rows = [...page.matchAll(/^\| `([a-z0-9_]+)` \| (\w+) \|/gm)].map(([, name, type]) => [name, type] as const)
  expect(new Set(rows.map(([name]) => name)).size).toBe(rows.length)
  expect(Object.fromEntries(rows)).toEqual(await registered())
})

test('docs/metrics.md asks Prometheus for nothing that is not there', async () => {
  const types = await registered()
  const queries = [...page.matchAll(/```promql\n([^`]+)```/g)].map(([, query = '']) => query)
  expect(queries.length).toBeGreaterThan(12)
  const names = queries.join(' ').match(/\b(endpoint_registrar|nodejs|process)_\w+/g) ?? []
  expect(names.filter((name) => types[name.replace(/_bucket$/, '')] === undefined)).toEqual([])
})
