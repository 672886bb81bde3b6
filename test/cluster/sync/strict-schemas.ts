import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { raw } from '../harness/raw.ts'

type Schema = Readonly<Record<string, unknown>>

const roots = [
  { kind: 'service', group: 'api/v1', name: 'io.k8s.api.core.v1.Service' },
  { kind: 'endpoints', group: 'api/v1', name: 'io.k8s.api.core.v1.Endpoints' },
  { kind: 'endpointslice', group: 'apis/discovery.k8s.io/v1', name: 'io.k8s.api.discovery.v1.EndpointSlice' },
] as const

/** JSON Schemas of our three kinds from the API server's own OpenAPI document, in which nothing unknown may stand: `KIND.json`. */
export async function writeSchemas(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const { kind, group, name } of roots) {
    const { status, body } = await raw('GET', `/openapi/v3/${group}`)
    if (status !== 200) throw new Error(`No OpenAPI document of ${group}: ${status}`)
    const { components: { schemas } } = body as { components: { schemas: Record<string, Schema> } }
    const definitions = Object.fromEntries(Object.entries(schemas).map(([key, schema]) => [key, strict(schema)]))
    await writeFile(join(folder, `${kind}.json`), JSON.stringify({ $schema: 'http://json-schema.org/draft-07/schema#', $ref: `#/definitions/${name}`, definitions }))
  }
}

/** OpenAPI's dialect as JSON Schema: references elsewhere, `nullable` unknown, objects closed. */
function strict(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strict)
  if (typeof value !== 'object' || value === null) return value
  const { $ref, default: _, ...rest } = value as Schema
  if (typeof $ref === 'string') return { $ref: $ref.replace('#/components/schemas/', '#/definitions/') }
  const members = Object.fromEntries(Object.entries(rest).map(([key, each]) => [key, strict(each)]))
  return 'properties' in rest && !('additionalProperties' in rest) ? { ...members, additionalProperties: false } : members
}
