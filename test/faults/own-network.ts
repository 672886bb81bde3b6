// A network of its own, in which any address is ours to listen on, and processes that all end with the first of them.

import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'

const variable = 'ENDPOINT_REGISTRAR_FAULTS_DIR'
const unshare = ['--net', '--pid', '--fork', '--kill-child', '--mount-proc'] as const

/** The folder of this run; undefined outside of the network. */
export function folderInside(): string | undefined {
  return process.env[variable]
}

/** Why this machine makes no such network; undefined where it does. */
export function whyNoNetwork(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'network namespaces need Linux and root'
  const tried = spawnSync('unshare', [...unshare, 'sh', '-ec', setup], { encoding: 'utf8' })
  if (tried.error !== undefined) return `unshare (util-linux) does not run: ${tried.error.message}`
  return tried.status === 0 ? undefined : `this machine makes no network namespace with iproute2 and veth: ${tried.stderr.trim()}`
}

// 198.18/15 and 2001:db8::/32 lead to whoever listens here. What is sent to 198.51.100/24 goes down a cable that nobody
// holds the other end of, and nobody says so.
const setup = `
ip link set lo up
ip route add local 198.18.0.0/15 dev lo
ip -6 route add local 2001:db8::/32 dev lo
echo 1 > /proc/sys/net/ipv6/ip_nonlocal_bind
ip link add hole type veth peer name nobody
ip link set hole arp off up
ip link set nobody up
ip address add 198.51.100.254/24 dev hole
mount -t tmpfs tmpfs /dev/shm
`

/**
 * Runs this program again with the same arguments inside of such a network; resolves with its exit code. Whatever was
 * started there is gone by then: the kernel ends a process namespace with its first process, and that one with us.
 * The folder stays where the code is not 0.
 */
export async function runInside(): Promise<number> {
  const dir = await mkdtemp(join(tmpdir(), 'endpoint-registrar-faults-'))
  const child = spawn('unshare', [...unshare, process.execPath, '--disable-warning=ExperimentalWarning', ...process.argv.slice(1)], {
    env: { ...process.env, [variable]: dir },
    // Never written to: it closes when this process goes, in whatever way.
    stdio: ['pipe', 'inherit', 'inherit'],
  })
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => { child.kill('SIGKILL') })
  const [code, signal] = await once(child, 'exit') as [number | null, NodeJS.Signals | null]
  const exitCode = code ?? 128 + constants.signals[signal ?? 'SIGKILL']
  if (exitCode === 0) await rm(dir, { recursive: true, force: true })
  else process.stderr.write(`Logs: ${dir}\n`)
  return exitCode
}

/** Inside: makes the network, and ends this process when the one outside is gone. */
export function setUpNetwork(): void {
  execFileSync('sh', ['-ec', setup], { stdio: ['ignore', 'ignore', 'inherit'] })
  process.stdin.once('end', () => process.exit(1)).once('error', () => process.exit(1)).resume()
}
