// Each file beside this one is a story: config and world in, changes and objects out.

import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { parse, stringify } from 'yaml'
import { loadConfig } from '../../src/config/load-config.ts'
import { sync } from '../../src/controller/sync.ts'
import { type Change, type PassResult } from '../../src/model/changes.ts'
import { serviceKey } from '../../src/model/declared.ts'
import { type ManagedObject } from '../../src/model/objects.ts'
import { type Resolution } from '../../src/model/observed.ts'
import { MemoryApi } from '../support/memory-api.ts'
import { memoryTarget } from '../support/memory-target.ts'
import { memoryWorld, passOptions } from '../support/memory-world.ts'
import { servedBy, type Answers } from '../support/one-service.ts'
import { scenarioSchema, type Scenario, type Step } from './scenario.ts'

const folder = new URL('.', import.meta.url)
const files = readdirSync(folder).filter((file) => file.endsWith('.yaml')).sort()

/** What a step says once holds until another says otherwise. */
type Holding = Pick<Step, 'config' | 'dns' | 'probes'>

async function play(api: MemoryApi, { config, dns = {}, probes = {} }: Holding, { flags, objects }: Step, hour: number): Promise<PassResult> {
  for (const object of objects) merge(api, object)
  const declared = await loadConfig(['-'], () => Promise.resolve(stringify({ apiVersion: 'endpoint-registrar.io/v1', kind: 'RegistrarConfig', ...config })))
  const { probe = true, ...options } = flags
  const world = memoryWorld({
    target: memoryTarget(api), answers: answersOf(dns), now: Date.UTC(2026, 10, 22, hour),
    verdicts: probe ? Object.fromEntries(Object.entries(probes).map(([target, outcome]) => [target, outcome === 'passes' ? 'ready' : 'unready'])) : undefined,
  })
  return sync(declared, world, { ...passOptions, ...withoutUndefined(options) }, () => undefined, new AbortController().signal)
}

function merge(api: MemoryApi, manifest: Readonly<Record<string, unknown>>): void {
  const object = manifest as unknown as ManagedObject
  const { kind, metadata: { namespace, name } } = object
  const there = api.objects().find((each) => each.kind === kind && each.metadata.namespace === namespace && each.metadata.name === name)
  api.put(there === undefined ? object : {
    ...there, ...object,
    metadata: { ...there.metadata, ...object.metadata, labels: { ...there.metadata.labels, ...object.metadata.labels }, annotations: { ...there.metadata.annotations, ...object.metadata.annotations } },
  })
}

function answersOf(dns: NonNullable<Holding['dns']>): Answers {
  const resolution = (said: string[] | 'NXDOMAIN' | 'NODATA' | 'timeout'): Resolution => {
    if (said === 'timeout') return { outcome: 'unknown', reason: 'timeout' }
    return typeof said === 'string' ? { outcome: 'absent', reason: said, expiresAt: 0 } : { outcome: 'found', addresses: said, expiresAt: 0 }
  }
  return Object.fromEntries(Object.entries(dns).map(([host, { A, AAAA }]) => [host, { IPv4: resolution(A), IPv6: resolution(AAAA) }]))
}

function shown(change: Change): string {
  const { kind, metadata } = change.verb === 'delete' ? change.current : change.desired
  return `${change.verb} ${kind} ${metadata.namespace}/${metadata.name}`
}

function published(api: MemoryApi, key: string): { ready: string[]; notReady: string[] } {
  const [namespace = '', name = ''] = key.split('/')
  const all = servedBy(api.current(namespace, name))
  return { ready: all.filter((each) => !each.startsWith('!')), notReady: all.filter((each) => each.startsWith('!')).map((each) => each.slice(1)) }
}

function withoutUndefined<Value extends object>(value: Value): Partial<{ [Key in keyof Value]: Exclude<Value[Key], undefined> }> {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Partial<{ [Key in keyof Value]: Exclude<Value[Key], undefined> }>
}

async function tell({ cluster, steps }: Scenario): Promise<void> {
  const api = new MemoryApi(cluster.families)
  let holding: Holding = {}
  for (const [hour, step] of steps.entries()) {
    holding = { ...holding, ...withoutUndefined({ config: step.config, dns: step.dns, probes: step.probes }) }
    const result = await play(api, holding, step, hour)
    const said = result.services.flatMap(({ messages }) => messages).join('\n')
    expect({
      when: step.when,
      services: Object.fromEntries(result.services.map((service) => [serviceKey(service), service.status])),
      changes: result.services.flatMap(({ applied }) => applied.map(shown)),
      published: Object.fromEntries(Object.keys(step.published).map((key) => [key, published(api, key)])),
      unsaid: step.says.filter((text) => !said.includes(text)),
    }).toEqual({ when: step.when, services: step.services, changes: step.changes, published: step.published, unsaid: [] })
    for (const object of step.contains) expect(api.objects()).toContainEqual(expect.objectContaining(partial(object)))
  }
}

/** At least these fields, at every depth. */
function partial(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([key, each]) =>
    [key, typeof each === 'object' && each !== null && !Array.isArray(each) ? expect.objectContaining(partial(each as Record<string, unknown>)) as unknown : each]))
}

describe('a scenario', () => {
  test('there are scenarios', () => {
    expect(files.length).toBeGreaterThanOrEqual(8)
  })

  test.each(files)('%s', async (file) => {
    await tell(scenarioSchema.parse(parse(readFileSync(new URL(file, folder), 'utf8'), { merge: true })))
  })
})
