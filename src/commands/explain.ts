import { type ExitCode } from '../exit-codes.ts'
import { serviceKey } from '../model/declared.ts'
import { adviceOn } from '../report/advice.ts'
import { type ShownService, statusExitCode, type StatusOutline } from '../report/status-outline.ts'
import { findStatus, type StatusFlags } from './find-status.ts'
import { print } from './output.ts'
import { UsageError } from './usage-error.ts'

export type ExplainFlags = StatusFlags & { readonly service?: string }

/** One service in full: each address in or out and why, each host, and what can be done about what is said loudly. */
export async function explain(flags: ExplainFlags, signal: AbortSignal): Promise<ExitCode> {
  const { namespace, name } = nameOf(flags)
  const found = await findStatus({ ...flags, ...(namespace !== undefined && { namespace }) }, namespace === undefined ? undefined : `${namespace}/${name}`, signal)
  const service = onlyOne(found, name, namespace)
  const outline = { ...found, services: [service] }
  const exitCode = statusExitCode(ofServiceAlone(outline))
  if (flags.output === 'table') {
    const { printExplanation } = await import('../report/print-explain.ts')
    print(printExplanation(outline, service))
  } else {
    const { printData } = await import('../report/print-data.ts')
    print(printData({ verb: 'explain', ...outline, services: [{ ...service, advice: adviceOf(service) }], exitCode }, flags.output))
  }
  return exitCode
}

/** `NAMESPACE/NAME`, or a name that -n or the lack of namesakes makes unique. */
function nameOf({ service = '', namespace }: ExplainFlags): { readonly namespace: string | undefined; readonly name: string } {
  const [, given, name] = /^(?:([^/]+)\/)?([^/]+)$/.exec(service) ?? []
  if (name === undefined) throw new UsageError(`Not a service: ${service}: give NAMESPACE/NAME, or NAME`)
  if (given !== undefined && namespace !== undefined && given !== namespace) throw new UsageError(`Two namespaces: ${given} and ${namespace}`)
  return { namespace: given ?? namespace, name }
}

function onlyOne({ services, notes }: StatusOutline, name: string, namespace: string | undefined): ShownService {
  const [service, ...others] = services.filter((each) => each.name === name)
  const where = notes.length === 0 ? '' : ` (${notes.join('; ')})`
  if (service === undefined) throw new UsageError(`No service ${namespace === undefined ? '' : `${namespace}/`}${name} is known${where}`)
  if (others.length > 0) throw new UsageError(`Several services are called ${name}: ${[service, ...others].map(serviceKey).join(', ')}`)
  return service
}

/** What concerns all services (a refused config, the guard) says nothing of this one. */
function ofServiceAlone({ controller: _, ...outline }: StatusOutline): StatusOutline {
  return outline
}

function adviceOf({ messages }: ShownService): readonly { readonly message: string; readonly advice: string }[] {
  return messages.flatMap((message) => {
    const advice = adviceOn(message)
    return advice === undefined ? [] : [{ message, advice }]
  })
}
