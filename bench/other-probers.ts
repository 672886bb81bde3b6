// What others make of the same targets: HAProxy's health checks and Prometheus's blackbox exporter, from Debian's packages.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, constants, readFile, writeFile } from 'node:fs/promises'
import http from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePorts } from '../test/cluster/harness/free-ports.ts'

interface Running {
  readonly pid: number
  readonly stop: () => Promise<void>
}

export interface OtherProber {
  readonly name: string
  readonly program: string
  /** Probes each target once a second until it is stopped. */
  readonly start: (targets: readonly string[], dir: string) => Promise<Running>
}

export const otherProbers: readonly OtherProber[] = [
  { name: 'HAProxy', program: '/usr/sbin/haproxy', start: startHaproxy },
  { name: 'blackbox_exporter, asked over HTTP', program: '/usr/bin/prometheus-blackbox-exporter', start: startBlackbox },
]

export function isInstalled({ program }: OtherProber): Promise<boolean> {
  return access(program, constants.X_OK).then(() => true, () => false)
}

/** User and system time of another process so far, in ms. */
export async function cpuMsOf(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ')
  const ticksMs = 10
  return (Number(fields[11]) + Number(fields[12])) * ticksMs
}

async function startHaproxy(targets: readonly string[], dir: string): Promise<Running> {
  const servers = targets.map((target, index) => `  server s${index} ${target} check inter 1s`)
  const config = join(dir, 'haproxy.cfg')
  const [port = 0] = await freePorts('127.0.0.1', 1)
  await writeFile(config, [
    'global', '  nbthread 1', 'defaults', '  mode tcp', '  timeout connect 2s', '  timeout client 2s', '  timeout server 2s',
    // It does not start without a listener.
    'frontend unused', `  bind 127.0.0.1:${port}`, '  default_backend all', 'backend all',
    // With a byte to send it ends the handshake, as net.connect does: else it resets before, and no listener hears of it.
    '  option tcp-check', '  tcp-check connect', '  tcp-check send-binary 00', ...servers, '',
  ].join('\n'))
  return started('/usr/sbin/haproxy', ['-db', '-f', config])
}

async function startBlackbox(targets: readonly string[], dir: string): Promise<Running> {
  const config = join(dir, 'blackbox.yml')
  await writeFile(config, 'modules: { tcp: { prober: tcp, timeout: 2s } }\n')
  const [port = 0] = await freePorts('127.0.0.1', 1)
  const exporter = started('/usr/bin/prometheus-blackbox-exporter', [`--config.file=${config}`, `--web.listen-address=127.0.0.1:${port}`, '--log.level=error'])
  await sleep(1000)
  const stopAsking = askEverySecond(port, targets)
  return {
    ...exporter,
    async stop() {
      stopAsking()
      await exporter.stop()
    },
  }
}

/** As Prometheus does: one request a probe, on connections that are kept. */
function askEverySecond(port: number, targets: readonly string[]): () => void {
  const agent = new http.Agent({ keepAlive: true })
  const startedAt = performance.now()
  let asked = 0
  const timer = setInterval(() => {
    for (const due = (performance.now() - startedAt) * targets.length / 1000; asked < due; asked++) {
      http.get({ port, host: '127.0.0.1', path: `/probe?module=tcp&target=${targets[asked % targets.length] ?? ''}`, agent }, (response) => response.resume())
        .on('error', () => undefined)
    }
  }, 10)
  return () => {
    clearInterval(timer)
    agent.destroy()
  }
}

function started(program: string, args: readonly string[]): Running {
  const child = spawn(program, args, { stdio: 'ignore' })
  const ended = once(child, 'exit')
  if (child.pid === undefined) throw new Error(`${program} did not start`)
  return {
    pid: child.pid,
    async stop() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
