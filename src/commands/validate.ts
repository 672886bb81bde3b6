import { exitCodes, type ExitCode } from '../exit-codes.ts'
import { type Flags } from './options.ts'
import { print } from './output.ts'
import { readConfig } from './read-config.ts'

/** Says whether the config is sound; every fault at once otherwise. Reaches nothing. */
export async function validate(flags: Flags): Promise<ExitCode> {
  const { instance, services } = await readConfig(flags)
  print(`Valid: ${services.length} ${services.length === 1 ? 'service' : 'services'} of instance ${instance}`)
  return exitCodes.done
}
