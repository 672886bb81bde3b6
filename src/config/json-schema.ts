import { toJSONSchema } from 'zod'
import { documentSchema } from './schema.ts'

/** JSON Schema (draft 7, which every editor reads) of one config document, for editors; rules between fields are left to `validate`. */
export function configJsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = toJSONSchema(documentSchema, { io: 'input', target: 'draft-7' })
  return {
    $schema,
    $id: 'https://endpoint-registrar.io/schemas/v1/registrar.schema.json',
    title: 'RegistrarConfig',
    ...rest,
    patternProperties: { '^x-': { description: 'Left to the user, for anchors.' } },
  }
}
