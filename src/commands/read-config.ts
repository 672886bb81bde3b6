import { loadConfig } from '../config/load-config.ts'
import { type Declared } from '../model/declared.ts'
import { type Flags } from './options.ts'
import { tell } from './output.ts'
import { UsageError } from './usage-error.ts'

/** Loads what `-c` names; warnings go to standard error. Throws ConfigFault with every fault at once. */
export async function readConfig(flags: Pick<Flags, 'config'>): Promise<Declared> {
  const declared = await loadConfig(flags.config, readStandardInput)
  for (const warning of declared.warnings) tell(`Warning: ${warning}`)
  return declared
}

/** An empty list would prune everything: more likely a mistake than a wish. */
export function refuseEmptyPrune({ services }: Declared, { prune }: Pick<Flags, 'prune'>): void {
  if (services.length === 0 && prune) {
    throw new UsageError('Cannot prune with an empty list of services: use remove to delete all of this instance, or --no-prune')
  }
}

/** A mistyped name would succeed by doing nothing. */
export function refuseUnknownService({ services }: Declared, { namespace, service }: Pick<Flags, 'namespace' | 'service'>): void {
  if (service === undefined) return
  const isThere = services.some((each) => each.name === service && (namespace === undefined || each.namespace === namespace))
  if (!isThere) throw new UsageError(`No service ${namespace === undefined ? '' : `${namespace}/`}${service} is declared`)
}

async function readStandardInput(): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
