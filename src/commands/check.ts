import { openProbes, openResolver, policyOf } from '../app.ts'
import { check as look, isFine } from '../controller/check.ts'
import { exitCodes, type ExitCode } from '../exit-codes.ts'
import { appOptions, type Flags, passOptions } from './options.ts'
import { print } from './output.ts'
import { readConfig, refuseUnknownService } from './read-config.ts'

/** Resolves and probes now and shows the evidence; reaches no cluster. */
export async function check(flags: Flags, signal: AbortSignal): Promise<ExitCode> {
  const declared = await readConfig(flags)
  refuseUnknownService(declared, flags)
  const options = appOptions(flags)
  const evidence = await look(declared, {
    resolve: await openResolver(declared),
    addressPolicy: policyOf(declared, options),
    now: () => Date.now(),
    ...(flags.probe !== false && { probe: await openProbes() }),
  }, passOptions(flags), signal)
  if (flags.output === 'table') {
    const { printEvidence } = await import('../report/print-evidence.ts')
    print(printEvidence(evidence))
  } else {
    const { printData } = await import('../report/print-data.ts')
    print(printData({ verb: 'check', services: evidence }, flags.output))
  }
  return evidence.every((service) => isFine(service) || (flags.probe === false && service.targets.length > 0)) ? exitCodes.done : exitCodes.incomplete
}
