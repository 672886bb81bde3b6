import { configJsonSchema } from '../config/json-schema.ts'
import { exitCodes, type ExitCode } from '../exit-codes.ts'
import { print } from './output.ts'

/** The JSON Schema of a config file, for editors. */
export function schema(): Promise<ExitCode> {
  print(JSON.stringify(configJsonSchema(), null, 2))
  return Promise.resolve(exitCodes.done)
}
