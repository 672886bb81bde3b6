import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
// Deep, so that a bundle leaves out the generated API: only the reading of kubeconfigs and credentials is used.
import { KubeConfig } from '@kubernetes/client-node/dist/config.js'
import { TargetUnreachable } from '../model/ports.ts'

export interface KubeConfigChoice {
  /** Path of a kubeconfig: `--kubeconfig`. */
  readonly kubeconfig?: string
  readonly context?: string
}

interface Surrounding {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Where the ServiceAccount's files are mounted below; empty but in tests. */
  readonly root: string
}

const tokenPath = '/var/run/secrets/kubernetes.io/serviceaccount/token'

/**
 * Finds out which cluster is meant: `--kubeconfig`, KUBECONFIG, the Pod's own ServiceAccount, `~/.kube/config`.
 * In a Pod a stray `~/.kube/config` of the image never wins. Throws TargetUnreachable where nothing usable is found.
 */
export function loadKubeConfig(
  choice: KubeConfigChoice,
  { env, root }: Surrounding = { env: process.env, root: '' },
): KubeConfig {
  const named = namedFiles(choice, env)
  const isInPod = env['KUBERNETES_SERVICE_HOST'] !== undefined && existsSync(root + tokenPath)
  if (named === undefined && isInPod && choice.context === undefined) return inCluster(root)
  const files = named ?? [join(env['HOME'] ?? homedir(), '.kube', 'config')]
  const there = files.filter((file) => existsSync(file))
  if (there.length === 0) {
    throw new TargetUnreachable(named === undefined
      ? 'No cluster is known: no --kubeconfig, no KUBECONFIG, no ~/.kube/config and not in a Pod'
      : `Kubeconfig does not exist: ${files.join(', ')}`)
  }
  return chooseContext(readFiles(there), choice.context)
}

function namedFiles(choice: KubeConfigChoice, env: Surrounding['env']): readonly string[] | undefined {
  if (choice.kubeconfig !== undefined) return [choice.kubeconfig]
  const list = (env['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '')
  return list.length === 0 ? undefined : list
}

function inCluster(root: string): KubeConfig {
  const config = new KubeConfig()
  config.loadFromCluster(root)
  return config
}

/** Several files are merged; the first that names a current context decides it, as kubectl does. */
function readFiles(files: readonly string[]): KubeConfig {
  const merged = new KubeConfig()
  for (const file of files) {
    try {
      const config = new KubeConfig()
      config.loadFromFile(file)
      merged.mergeConfig(config, isNamed(merged.getCurrentContext()))
    } catch (error) {
      throw new TargetUnreachable(`Kubeconfig cannot be read: ${file}: ${faultOf(error)}`)
    }
  }
  return merged
}

function chooseContext(config: KubeConfig, context: string | undefined): KubeConfig {
  if (context !== undefined) config.setCurrentContext(context)
  const name = config.getCurrentContext()
  if (!isNamed(name)) throw new TargetUnreachable('Kubeconfig has no current-context: name one with --context')
  if (config.getContextObject(name) === null) throw new TargetUnreachable(`Kubeconfig has no such context: ${name}`)
  if (config.getCurrentCluster() === null) throw new TargetUnreachable(`Kubeconfig has no cluster for the context: ${name}`)
  return config
}

function isNamed(context: string | undefined): boolean {
  return context !== undefined && context !== ''
}

// A YAML error's message quotes the lines around it, and a kubeconfig's lines are secrets: only its reason is told.
function faultOf(error: unknown): string {
  const { name, reason, code, message } = error as Partial<Record<'name' | 'reason' | 'code' | 'message', unknown>>
  if (name === 'TypeError') return 'not a kubeconfig'
  return [reason, code, message].find((text) => typeof text === 'string') ?? 'unknown fault'
}
