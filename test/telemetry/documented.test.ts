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

test('docs/metrics.md asks for the replica that is worst off, and for no other program', () => {
  const queries = [...page.matchAll(/```promql\n([^`]+)```/g)].map(([, query = '']) => query)
  // Of a moment at which all was well the earliest is the worst, and of what serves the least.
  const best = /\bmax(?: by \([^)]*\) )?\(endpoint_registrar_(?:\w+_timestamp_seconds|service_ready_addresses)/
  expect(queries.filter((query) => best.test(query))).toEqual([])
  const general = queries.filter((query) => /\b(?:nodejs|process)_/.test(query))
  expect(general.length).toBeGreaterThan(2)
  expect(general.filter((query) => !query.includes('and on (job, instance) endpoint_registrar_build_info'))).toEqual([])
})
