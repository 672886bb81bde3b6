import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { configJsonSchema } from '../../src/config/json-schema.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { serviceKey } from '../../src/model/declared.ts'

const noStdin = (): Promise<string> => Promise.reject(new Error('Nobody asked for standard input'))
const examples = readdirSync('config').filter((file) => file.endsWith('.yaml'))

describe('config/', () => {
  test('holds the examples that the README names', () => {
    expect(examples).toEqual(['dual-stack.yaml', 'fixed-addresses.yaml', 'https-api.yaml', 'managed-database.yaml', 'rotating-pool.yaml'])
    const readme = readFileSync('README.md', 'utf8')
    expect(examples.filter((file) => !readme.includes(`(config/${file})`))).toEqual([])
  })

  test.each(examples)('%s loads without a warning and names the schema for editors', async (file) => {
    const declared = await loadConfig([`config/${file}`], noStdin)
    expect(declared.services.length).toBeGreaterThan(0)
    expect(declared.warnings).toEqual([])
    expect(readFileSync(`config/${file}`, 'utf8')).toMatch(/^# yaml-language-server: \$schema=\.\/registrar\.schema\.json\n/)
  })

  test('registrar.schema.json is current: npx endpoint-registrar schema > config/registrar.schema.json', () => {
    expect(JSON.parse(readFileSync('config/registrar.schema.json', 'utf8'))).toEqual(JSON.parse(JSON.stringify(configJsonSchema())))
  })

  test('the folder of the README loads as one config', async () => {
    const blocks = [...readFileSync('README.md', 'utf8').matchAll(/```yaml\n# registrar\.d\/(\S+)\n([^`]*)```/g)]
    const folder = await mkdtemp(join(tmpdir(), 'registrar-d-'))
    try {
      for (const [, file = '', text = ''] of blocks) await writeFile(join(folder, file), text)
      const { instance, services } = await loadConfig([folder], noStdin)
      expect([instance, services.map(serviceKey)]).toEqual(['shop-and-billing', ['billing/ledger', 'shop/orders-db']])
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('managed-database.yaml leaves the MySQL port unprobed and probes the other', async () => {
    const { services } = await loadConfig(['config/managed-database.yaml'], noStdin)
    expect(services.map((service) => [serviceKey(service), service.healthCheck.kind])).toEqual([['shop/orders-db', 'tcp'], ['shop/sessions-db', 'none']])
  })

  test("rotating-pool.yaml retains the pool's addresses and not those of its other target", async () => {
    const { resolver, services } = await loadConfig(['config/rotating-pool.yaml'], noStdin)
    const [pool, fallback] = services.flatMap(({ targets }) => targets.map((target) => target.retainSeconds ?? resolver.retainSeconds))
    expect([pool, fallback]).toEqual([600, 0])
  })
})

describe('configJsonSchema()', () => {
  const schema = configJsonSchema() as { properties: { services: { items: { properties: object; additionalProperties: boolean } } }; additionalProperties: boolean; patternProperties: object }

  test('lets nothing through that is not known, but keys of the user', () => {
    expect(schema.additionalProperties).toBe(false)
    expect(schema.properties.services.items.additionalProperties).toBe(false)
    expect(Object.keys(schema.patternProperties)).toEqual(['^x-'])
  })

  test('does not ask for what has a default', () => {
    expect(schema.properties.services.items).toMatchObject({ required: ['name', 'ports', 'targets'] })
  })

  test('describes every key that is not plain from its name', () => {
    const bare = new Set(['protocol', 'type', 'ports', 'scheme', 'family', 'apiVersion', 'kind'])
    expect(undescribed(schema).filter((key) => !bare.has(key))).toEqual([])
  })
})

function undescribed(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return []
  const { properties = {}, items } = node as { properties?: Record<string, { description?: string }>; items?: unknown }
  return [
    ...Object.entries(properties).flatMap(([key, child]) => [...(child.description === undefined ? [key] : []), ...undescribed(child)]),
    ...undescribed(items),
  ]
}
