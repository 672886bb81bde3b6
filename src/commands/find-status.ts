// Who is asked for the status: the controller, and where none answers, the objects that it wrote.

import { openTarget } from '../app.ts'
import { loadConfig } from '../config/load-config.ts'
import { notesOf } from '../controller/notes-of.ts'
import { type Declared, serviceKey } from '../model/declared.ts'
import { type Scope, TargetUnreachable } from '../model/ports.ts'
import { outlineOfStatus, type StatusOutline } from '../report/status-outline.ts'
import { askController } from './ask-controller.ts'
import { type Flags } from './options.ts'
import { publishedServices } from './published-services.ts'
import { readConfig } from './read-config.ts'

/** Where no controller answers, `config` or `instance` says whose objects are read. */
export type StatusFlags = Pick<Flags, 'admin' | 'namespace' | 'to' | 'kubeconfig' | 'context' | 'output' | 'verbose'> & {
  readonly config?: readonly string[]
  readonly instance?: string
}

/**
 * The status of every service, or with `only` (`namespace/name`) of this one if it is known. Rejects with TargetUnreachable
 * where neither a controller nor the objects can be asked.
 */
export async function findStatus(flags: StatusFlags, only: string | undefined, signal: AbortSignal): Promise<StatusOutline> {
  const admin = flags.admin ?? '127.0.0.1:9780'
  const answer = await askController(admin, only, signal)
  const isOurs = typeof answer !== 'string' && (flags.instance === undefined || flags.instance === answer.instance)
  if (isOurs) return within(outlineOfStatus(answer), flags.namespace, only)
  const why = typeof answer === 'string' ? `No controller answers at ${admin}: ${answer}` : `The controller at ${admin} is of instance ${answer.instance}`
  const declared = await declaredOf(flags)
  if (declared === undefined) throw new TargetUnreachable(`${why}; with --config or --instance the objects themselves are read`)
  return within(await orNeither(readObjects(declared, flags, why, signal), why), flags.namespace, only)
}

/** Why the objects cannot be asked is half of what a person has to know. */
async function orNeither<T>(reading: Promise<T>, why: string): Promise<T> {
  try {
    return await reading
  } catch (error) {
    throw error instanceof TargetUnreachable ? new TargetUnreachable(`${why}; and of the objects: ${error.message}`, { cause: error }) : error
  }
}

function within(outline: StatusOutline, namespace: string | undefined, only: string | undefined): StatusOutline {
  const services = outline.services.filter((service) =>
    (namespace === undefined || service.namespace === namespace) && (only === undefined || serviceKey(service) === only))
  return { ...outline, services }
}

/** Without a config nothing is declared: then what is there of the instance is all that is known. */
async function declaredOf({ config, instance }: StatusFlags): Promise<Declared | undefined> {
  if (config !== undefined) return readConfig({ config })
  return instance === undefined ? undefined : loadConfig(['-'], () => Promise.resolve(JSON.stringify({ instance, services: [] })))
}

async function readObjects(declared: Declared, flags: StatusFlags, why: string, signal: AbortSignal): Promise<StatusOutline> {
  const { to, kubeconfig, context } = flags
  const { target } = await openTarget(declared, {
    to, isProbing: false, allowedCIDRs: [], deniedCIDRs: [], clusterCIDRs: [], dryRunOnServer: false,
    ...(kubeconfig !== undefined && { kubeconfig }), ...(context !== undefined && { context }),
  })
  try {
    const current = await target.read(scopeOf(declared, flags), signal)
    const source = to.kind === 'directory' ? 'directory' : 'cluster'
    return {
      source, now: new Date().toISOString(), services: publishedServices(declared, current),
      notes: [`${why}. This is what was written last, as the objects in the ${source} say; what DNS and checks say now is not known`, ...notesOf(current)],
    }
  } finally {
    await target.close()
  }
}

function scopeOf({ instance, services }: Declared, { namespace }: StatusFlags): Scope {
  const namespaces = namespace === undefined ? services.map((service) => service.namespace) : [namespace]
  return { namespaces: [...new Set(namespaces)], everywhere: namespace === undefined, instance, keys: new Set(services.map(serviceKey)) }
}
