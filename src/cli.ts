// The verbs: their flags, their help, and what their failures mean as exit codes. Each verb's code is loaded when it is called.

import { Command, CommanderError, Option } from 'commander'
import { type Flags, withAddressRules, withAdmin, withConfig, withLease, withObservation, withOutput, withPlanning, withSelection, withTarget, withTimeout } from './commands/options.ts'
import { tell } from './commands/output.ts'
import { exitCodes, type ExitCode } from './exit-codes.ts'
import manifest from '../package.json' with { type: 'json' }

type Loader = (load: () => Promise<Verb>) => (flags: Flags) => Promise<void>
type Verb = (flags: Flags, signal: AbortSignal) => Promise<ExitCode>

/** Runs one command line to its exit code; rejects never. */
export async function runCli(argv: readonly string[], signal: AbortSignal): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.done
  const run = (load: () => Promise<Verb>) => async (flags: Flags): Promise<void> => {
    const deadline = flags.timeout === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(flags.timeout * 1000)])
    const verb = await load()
    try {
      exitCode = await verb(flags, deadline)
    } catch (error) {
      // Timers and terminals call every end of a wait an AbortError: the signal knows whether it was the time.
      if ((error as Error).name === 'AbortError') deadline.throwIfAborted()
      throw error
    }
  }
  try {
    await programOf(argv, run).parseAsync(argv)
    return exitCode
  } catch (error) {
    return failure(error)
  }
}

function programOf(argv: readonly string[], run: Loader): Command {
  const program = new Command('endpoint-registrar')
    .version(manifest.version)
    .description('Keeps selectorless Kubernetes Services pointed at outside hosts')
    .exitOverride().showHelpAfterError('(--help shows what is possible)')
    .addHelpText('after', exitCodesHelp)
  const verb: AddVerb = (name, description, examples, addFlags = (command) => command) => {
    const command = program.command(name).description(description)
      .addHelpText('after', `\nExamples:\n${examples.map((example) => `  endpoint-registrar ${example}`).join('\n')}`)
    // Sixty flags of verbs that nobody called would take longer than all the rest of it.
    return argv.includes(name) ? addFlags(command) : command
  }

  verb('validate', 'check the config and report every fault at once', ['validate -c registrar.yaml', 'validate -c - < registrar.yaml'], withConfig)
    .action(run(async () => (await import('./commands/validate.ts')).validate))

  verb('schema', 'print the JSON Schema of the config, for editors', ['schema > registrar.schema.json'])
    .action(run(async () => (await import('./commands/schema.ts')).schema))

  verb('check', 'resolve and probe now, and show the evidence; reaches no cluster', ['check -c registrar.yaml', 'check -c registrar.yaml --service orders-db -o json'], (command) =>
    withTimeout(withAddressRules(withTarget(withSelection(withOutput(withConfig(command))))).option('--no-probe', 'only resolve')))
    .action(run(async () => (await import('./commands/check.ts')).check))

  verb('plan', 'show what sync would do now, and why', ['plan -c registrar.yaml', 'plan -c services/ -n shop -o json', 'plan -c registrar.yaml --to dir:manifests'], withPass)
    .action(run(async () => (await import('./commands/plan.ts')).plan))

  verb('sync', 'make the cluster (or a directory) true to the config, once', ['sync -c registrar.yaml', 'sync -c services/ --to dir:manifests', 'sync -c registrar.yaml --dry-run=server'], (command) =>
    withDryRun(withPass(command).option('--force', 'write although a controller holds the lease', false)))
    .action(run(async () => (await import('./commands/sync.ts')).sync))

  addRunVerb(verb, run)
  addStatusVerbs(verb, run)

  verb('render', 'print the manifests', ['render -c registrar.yaml | kubectl apply -f -', 'render -c registrar.yaml --probe -o json'], (command) =>
    withTimeout(withAddressRules(withObservation(withSelection(withOutput(withConfig(command), ['yaml', 'json']))))))
    .action(run(async () => (await import('./commands/render.ts')).render))

  verb('remove', 'delete everything of this instance (release what was adopted)', ['remove -c registrar.yaml', 'remove -c registrar.yaml -n shop --yes'], (command) =>
    withDryRun(withTimeout(withAddressRules(withTarget(withSelection(withOutput(withConfig(command)))))))
      .option('--yes', 'do not ask', false).option('--force', 'write although a controller holds the lease', false))
    .action(run(async () => (await import('./commands/remove.ts')).remove))

  return program
}

type AddFlags = (command: Command) => Command
type AddVerb = (name: string, description: string, examples: readonly string[], addFlags?: AddFlags) => Command

function addRunVerb(verb: AddVerb, run: Loader): void {
  verb('run', 'keep the cluster (or a directory) true to the config, until it is told to end', ['run -c registrar.yaml', 'run -c /etc/registrar/ --admin :9780', 'run -c registrar.yaml --to dir:manifests --probe'], (command) =>
    withLease(withAdmin(withAddressRules(withTarget(withConfig(command)))))
      .option('--probe', 'probe targets (the default for a cluster)')
      .option('--no-probe', 'do not probe: written verdicts stay, newcomers are ready (the default for a directory)')
      .option('--no-prune', 'leave services alone that are no longer declared')
      .option('--allow-deletes', 'delete more Services than the guard permits', false)
      .option('-v, --verbose', 'log more', false))
    .addHelpText('after', signalsHelp)
    .action(run(async () => (await import('./commands/run.ts')).run))
}

function addStatusVerbs(verb: AddVerb, run: Loader): void {
  verb('status', 'show what the controller knows of each service', ['status', 'status -n shop -o json', 'status --instance shop.registrar'], withStatusSource)
    .action(run(async () => (await import('./commands/status.ts')).status))

  verb('explain', 'show why each address of a service is in or out, and what to do', ['explain shop/orders-db', 'explain orders-db -n shop --admin :9780'], withStatusSource)
    .argument('<service>', 'NAMESPACE/NAME, or NAME')
    .action((service: string, flags: Flags) => run(async () => (await import('./commands/explain.ts')).explain)({ ...flags, service }))
}

function withPass(command: Command): Command {
  return withTimeout(withAddressRules(withPlanning(withObservation(withTarget(withSelection(withOutput(withConfig(command))))))))
}

/** A controller is asked; where none answers, a config or an instance says whose objects are read. */
function withStatusSource(command: Command): Command {
  return withTimeout(withTarget(withAdmin(command
    .addOption(new Option('-o, --output <format>', 'how the result is printed').choices(['table', 'json', 'yaml']).default('table'))
    .option('-v, --verbose', 'show all that is said of a service', false)
    .option('-n, --namespace <name>', 'only services of this namespace')
    .addOption(new Option('-c, --config <path>', 'where no controller answers: read the objects of the services of this config; may be repeated')
      .argParser((text: string, before: readonly string[] | undefined) => [...(before ?? []), text]))
    .option('--instance <name>', 'where no controller answers: read the objects of this instance'))))
}

function withDryRun(command: Command): Command {
  return command.addOption(new Option('--dry-run <how>', 'write nothing: client prints the plan, server has the API server check every write').choices(['client', 'server']))
}

// By name, not by class: the classes live in rooms that are loaded only when their verb is called.
const failures: Readonly<Record<string, { readonly code: ExitCode; readonly text: (message: string) => string }>> = {
  ConfigFault: { code: exitCodes.usage, text: (message) => message },
  UsageError: { code: exitCodes.usage, text: (message) => `Error: ${message}` },
  ListenError: { code: exitCodes.usage, text: (message) => `Error: ${message}` },
  TargetUnreachable: { code: exitCodes.unreachable, text: (message) => `Error: ${message}` },
  ClusterError: { code: exitCodes.unreachable, text: (message) => `Error: ${message}` },
  TimeoutError: { code: exitCodes.incomplete, text: () => 'Error: Not finished in the time given: nothing was written' },
  AbortError: { code: exitCodes.incomplete, text: () => 'Error: Interrupted: nothing was written' },
}

/** What was thrown, told once, as the exit code that it stands for. */
function failure(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage
  const { name, message, stack = message } = error instanceof Error ? error : new Error(String(error))
  const known = failures[name]
  tell(known === undefined ? `This is a bug in endpoint-registrar, please report it: ${stack}` : known.text(message))
  return known?.code ?? exitCodes.bug
}

const signalsHelp = `
Signals:
  TERM, INT  end in order, within 5 s; what is written goes on serving
  HUP        read the config now (its files are looked at once a second anyway)
  USR2       a full resync now; so does POST /sync on the admin port, from this machine

Replicas of one instance elect a leader; the others stand by. docs/run.md has each fault and what happens then.`

const exitCodesHelp = `
Exit codes:
  0   done (plan: nothing to change)
  1   plan: there are changes
  2   usage or config
  3   the guard withheld deletions; the rest was done
  4   some or all services failed, were refused or keep what they had (status, explain: or serve by nothing); the rest was done
  5   the cluster cannot be reached (status, explain: nor a controller)
  70  a bug`
