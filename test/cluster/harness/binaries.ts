import { createHash } from 'node:crypto'
import { accessSync, constants, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { startTied } from './tied-process.ts'

const modules = new URL('../modules/', import.meta.url)

const tools = {
  etcd: { module: 'etcd', package: 'go.etcd.io/etcd/server/v3' },
  'kube-apiserver': { module: 'kubernetes', package: 'k8s.io/kubernetes/cmd/kube-apiserver' },
  'kube-controller-manager': { module: 'kubernetes', package: 'k8s.io/kubernetes/cmd/kube-controller-manager' },
  'kube-proxy': { module: 'kubernetes', package: 'k8s.io/kubernetes/cmd/kube-proxy' },
  kubectl: { module: 'kubernetes', package: 'k8s.io/kubernetes/cmd/kubectl' },
  coredns: { module: 'tools', package: 'github.com/coredns/coredns' },
  kubeconform: { module: 'tools', package: 'github.com/yannh/kubeconform/cmd/kubeconform' },
} as const

export type BinaryName = keyof typeof tools

/** What the shared control plane is made of. There is no controller manager among the KUBEBUILDER_ASSETS. */
export function controlPlaneBinaries(): readonly BinaryName[] {
  return ['etcd', 'kube-apiserver', 'kubectl', ...(hasAssets() ? [] : ['kube-controller-manager' as const])]
}

export function isBinaryName(name: string): name is BinaryName {
  return Object.hasOwn(tools, name)
}

/** How one tool is made, and the file that it becomes. */
export interface BuildStep {
  readonly name: BinaryName
  readonly package: string
  readonly moduleDir: URL
  readonly flags: readonly string[]
  readonly binDir: string
  readonly file: string
}

/** Where the binary would be in the user's cache: the folder's name changes with the module files, the flags and the platform. */
export function buildStep(name: BinaryName): BuildStep {
  const tool = tools[name]
  const moduleDir = new URL(`${tool.module}/`, modules)
  const moduleFile = readFileSync(new URL('go.mod', moduleDir), 'utf8')
  const flags = ['-mod=readonly', '-buildvcs=false', '-trimpath', `-ldflags=${linkerFlags(moduleFile)}`]
  const key = createHash('sha256')
  for (const part of [moduleFile, readFileSync(new URL('go.sum', moduleDir), 'utf8'), ...flags, process.platform, process.arch]) {
    key.update(part).update('\0')
  }
  const binDir = join(cacheDir(), `${tool.module}-${key.digest('hex').slice(0, 12)}`)
  return { name, package: tool.package, moduleDir, flags, binDir, file: join(binDir, name) }
}

/** Without the version stamped in, kubectl cannot parse what the server says of itself. */
function linkerFlags(moduleFile: string): string {
  const version = /^\s*k8s\.io\/kubernetes (v\d+\.(\d+)\.\d+)/m.exec(moduleFile)
  if (version?.[1] === undefined || version[2] === undefined) return '-s -w'
  const stamp = 'k8s.io/component-base/version'
  return `-s -w -X ${stamp}.gitVersion=${version[1]} -X ${stamp}.gitMajor=1 -X ${stamp}.gitMinor=${version[2]}`
}

function cacheDir(): string {
  return join(variable('XDG_CACHE_HOME') ?? join(homedir(), '.cache'), 'endpoint-registrar')
}

function variable(name: string): string | undefined {
  const value = process.env[name]
  return value === '' ? undefined : value
}

/** The file of a binary that is there already: from KUBEBUILDER_ASSETS, of a foreign cluster's kubectl the PATH, else the cache. */
export function findBinary(name: BinaryName): string | undefined {
  const places = [fromAssets(name), fromPath(name), buildStep(name).file]
  return places.find((file) => file !== undefined && isExecutable(file))
}

/** Whether somebody brought a control plane of their own. */
export function hasAssets(): boolean {
  return variable('KUBEBUILDER_ASSETS') !== undefined
}

function fromAssets(name: BinaryName): string | undefined {
  const assets = variable('KUBEBUILDER_ASSETS')
  return assets === undefined ? undefined : join(assets, name)
}

/** Only kubectl for somebody else's cluster: for our own the versions have to match. */
function fromPath(name: BinaryName): string | undefined {
  return name === 'kubectl' && variable('TEST_KUBECONFIG') !== undefined ? onPath('kubectl') : undefined
}

function onPath(name: string): string | undefined {
  const files = (process.env['PATH'] ?? '').split(delimiter).filter((dir) => dir !== '').map((dir) => join(dir, name))
  return files.find(isExecutable)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** This machine has neither the binaries nor what builds them: a reason to skip, not a failure of the code. */
export class BinariesUnavailable extends Error {
  override name = 'BinariesUnavailable' as const
}

/** The file of one binary, built first where it has to be. See `binaryFiles`. */
export async function binary(name: BinaryName, signal?: AbortSignal): Promise<string> {
  const [file] = await binaryFiles([name], signal)
  if (file === undefined) throw new Error(`No binary: ${name}`)
  return file
}

/**
 * The files of several binaries, in the order asked for. What is missing is built with the machine's Go, which takes
 * about ten minutes the first time; progress goes to standard error. Throws BinariesUnavailable without Go.
 */
export async function binaryFiles(names: readonly BinaryName[], signal?: AbortSignal): Promise<readonly string[]> {
  const missing = names.filter((name) => findBinary(name) === undefined)
  if (missing.length > 0) await build(missing, signal)
  return names.map((name) => {
    const file = findBinary(name)
    if (file === undefined) throw new Error(`No binary after the build: ${name}`)
    return file
  })
}

async function build(names: readonly BinaryName[], signal?: AbortSignal): Promise<void> {
  if (onPath('go') === undefined) throw new BinariesUnavailable(`No Go on the PATH to build ${names.join(', ')} with`)
  signal?.throwIfAborted()
  const builder = startTied(new URL('build-process.ts', import.meta.url), names)
  const stop = (): void => { void builder.stop() }
  signal?.addEventListener('abort', stop, { once: true })
  try {
    const { error } = JSON.parse(await builder.answer) as { error?: string }
    signal?.throwIfAborted()
    if (error !== undefined) throw new Error(error)
  } finally {
    signal?.removeEventListener('abort', stop)
    await builder.stop()
  }
}
