// The flags that verbs share: declared once, read once into the shapes that the rest works with.

import { type Command, InvalidArgumentError, Option } from 'commander'
import { parseRange } from '../address/address-policy.ts'
import { type AppOptions, writeConcurrency } from '../app.ts'
import { type PassOptions } from '../controller/world.ts'

/** As commander hands them over. */
export interface Flags {
  readonly config: readonly string[]
  readonly namespace?: string
  readonly service?: string
  readonly output: 'table' | 'json' | 'yaml'
  readonly kubeconfig?: string
  readonly context?: string
  readonly to: AppOptions['to']
  readonly probe?: boolean
  readonly prune: boolean
  readonly acceptAbsent: boolean
  readonly allowDeletes: boolean
  readonly recreate: boolean
  readonly force: boolean
  readonly allowedCidrs: readonly string[]
  readonly deniedCidrs: readonly string[]
  readonly clusterCidrs: readonly string[]
  readonly namespaces?: readonly string[]
  readonly dryRun?: 'client' | 'server'
  readonly timeout?: number
  readonly verbose: boolean
  readonly yes: boolean
  /** `host:port` of the admin port. */
  readonly admin?: string
  readonly lease: boolean
  readonly leaseNamespace?: string
  readonly leaseName?: string
}

const list = (text: string): string[] => text.split(',').map((item) => item.trim()).filter((item) => item !== '')
const append = (text: string, before: readonly string[] | undefined): string[] => [...(before ?? []), ...list(text)]

export function withConfig(command: Command): Command {
  return command.addOption(new Option('-c, --config <path>', 'config file, directory of them, or - for standard input; may be repeated')
    .argParser((text: string, before: readonly string[] | undefined) => [...(before ?? []), text]).makeOptionMandatory())
}

export function withOutput(command: Command, choices: readonly string[] = ['table', 'json', 'yaml']): Command {
  return command.addOption(new Option('-o, --output <format>', 'how the result is printed').choices(choices).default(choices[0]))
    .option('-v, --verbose', 'show what did not change too', false)
}

export function withSelection(command: Command): Command {
  return command.option('-n, --namespace <name>', 'only services of this namespace')
    .option('--service <name>', 'only the service of this name; nothing is pruned')
}

export function withTarget(command: Command): Command {
  return command
    .addOption(new Option('--to <target>', 'cluster, or dir:PATH for a directory of manifests').argParser(readTarget).default({ kind: 'cluster' }, 'cluster'))
    .option('--kubeconfig <path>', 'kubeconfig file (default: KUBECONFIG, the Pod, ~/.kube/config)')
    .option('--context <name>', 'context of the kubeconfig')
}

export function withAddressRules(command: Command): Command {
  return command
    .addOption(new Option('--allowed-cidrs <list>', 'only addresses in these ranges are published or probed').argParser(appendRanges).default([], 'any'))
    .addOption(new Option('--denied-cidrs <list>', 'addresses in these ranges never are').argParser(appendRanges).default([], 'none'))
    .addOption(new Option('--cluster-cidrs <list>', "the cluster's own Service, Pod and node ranges, never published").argParser(appendRanges).default([], 'Service ranges read from the cluster'))
    .addOption(new Option('--namespaces <list>', 'the only namespaces that may be written').argParser(append))
}

export function withObservation(command: Command): Command {
  return command
    .option('--probe', 'probe targets (the default for a cluster)')
    .option('--no-probe', 'do not probe: written verdicts stay, newcomers are ready (the default for a directory)')
    .option('--accept-absent', 'believe DNS that says a host does not exist, and drop its addresses', false)
}

export function withPlanning(command: Command): Command {
  return command
    .option('--no-prune', 'leave services alone that are no longer declared')
    .option('--allow-deletes', 'delete more Services than the guard permits', false)
    .option('--recreate', 'change what cannot be changed in place by delete and create', false)
}

export function withAdmin(command: Command): Command {
  return command.option('--admin <host:port>', 'the admin port: /status, /metrics, /healthz, /readyz', '127.0.0.1:9780')
}

export function withLease(command: Command): Command {
  return command
    .option('--lease-namespace <name>', "namespace of the lease (default: the Pod's, outside of a Pod default)")
    .option('--lease-name <name>', 'name of the lease (default: endpoint-registrar-INSTANCE)')
    .option('--no-lease', 'write without a lease: nobody else may')
}

export function withTimeout(command: Command): Command {
  return command.addOption(new Option('--timeout <seconds>', 'end after this time with what was done until then').argParser(readSeconds))
}

export function appOptions(flags: Flags): AppOptions {
  return {
    to: flags.to,
    isProbing: flags.probe ?? flags.to.kind === 'cluster',
    allowedCIDRs: flags.allowedCidrs, deniedCIDRs: flags.deniedCidrs, clusterCIDRs: flags.clusterCidrs,
    dryRunOnServer: flags.dryRun === 'server',
    ...(flags.kubeconfig !== undefined && { kubeconfig: flags.kubeconfig }),
    ...(flags.context !== undefined && { context: flags.context }),
    ...(flags.namespaces !== undefined && { namespaces: flags.namespaces }),
  }
}

export function passOptions(flags: Flags): PassOptions {
  return {
    prune: flags.prune, acceptAbsent: flags.acceptAbsent, allowDeletes: flags.allowDeletes, recreate: flags.recreate,
    concurrency: writeConcurrency,
    ...(flags.namespace !== undefined && { namespace: flags.namespace }),
    ...(flags.service !== undefined && { service: flags.service }),
    ...(flags.namespaces !== undefined && { namespaces: flags.namespaces }),
  }
}

function readTarget(text: string): AppOptions['to'] {
  if (text === 'cluster') return { kind: 'cluster' }
  if (text.startsWith('dir:') && text.length > 4) return { kind: 'directory', path: text.slice(4) }
  throw new InvalidArgumentError('Must be cluster or dir:PATH.')
}

function readSeconds(text: string): number {
  const seconds = Number(text)
  if (!(seconds > 0 && seconds <= 86_400)) throw new InvalidArgumentError('Must be a number of seconds, at most 86400.')
  return seconds
}

function appendRanges(text: string, before: readonly string[]): string[] {
  for (const item of list(text)) {
    const range = parseRange(item)
    if (typeof range === 'string') throw new InvalidArgumentError(`${item} ${range}.`)
  }
  return append(text, before)
}
