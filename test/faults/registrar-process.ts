// One registrar: the shipped `run` behind a fault proxy of its own, ended, frozen and started again at will.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, existsSync } from 'node:fs'
import { mkdir, rename, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { kubeconfigText } from '../cluster/harness/kubeconfig-text.ts'
import { type ConfigFolder } from './config-folder.ts'
import { type FaultProxy } from './fault-proxy.ts'

export interface Registrar {
  readonly slot: string
  readonly proxy: FaultProxy
  readonly config: ConfigFolder
  /** How the running process stands for election: the beginning of its identity. */
  readonly identity: () => string
  readonly isRunning: () => boolean
  readonly start: () => void
  readonly kill: () => Promise<void>
  readonly freeze: () => void
  readonly thaw: () => void
  /** Sets its clock off by so many hours. Does nothing where libfaketime is not installed. */
  readonly shiftClock: (hours: number) => Promise<void>
  /** Writes the kubeconfig with this token. */
  readonly rotate: (token: string) => Promise<void>
}

export interface RegistrarPlace {
  readonly slot: string
  readonly dir: string
  readonly bundle: string
  readonly proxy: FaultProxy
  readonly config: ConfigFolder
  readonly leaseNamespace: string
  /** Told where a process ends that nobody ended. */
  readonly crashed: (what: string) => void
}

const libfaketime = `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/faketime/libfaketime.so.1`

export function hasFaketime(): boolean {
  return existsSync(libfaketime)
}

/** Prepares one; `start` starts its first process. */
export async function newRegistrar({ slot, dir, bundle, proxy, config, leaseNamespace, crashed }: RegistrarPlace): Promise<Registrar> {
  const home = join(dir, slot)
  await mkdir(home, { recursive: true })
  const [kubeconfig, clock] = [join(home, 'kubeconfig'), join(home, 'clock')]
  const log = createWriteStream(join(home, 'log'))
  let child: ChildProcess | undefined
  let incarnation = 0
  const rotate = async (token: string): Promise<void> => {
    await writeFile(`${kubeconfig}.new`, kubeconfigText({ server: proxy.server, ca: proxy.ca, user: slot, token }))
    await rename(`${kubeconfig}.new`, kubeconfig)
  }
  const shiftClock = async (hours: number): Promise<void> => {
    await writeFile(`${clock}.new`, `${hours < 0 ? '-' : '+'}${Math.abs(hours)}h\n`)
    await rename(`${clock}.new`, clock)
    await utimes(clock, new Date(), new Date())
  }
  await Promise.all([rotate(proxy.token), shiftClock(0)])
  const identity = (): string => `${slot}-${incarnation}_`
  return {
    slot, proxy, config, identity, rotate, shiftClock,
    isRunning: () => child !== undefined,
    start() {
      incarnation++
      proxy.sender = identity()
      log.write(`--- ${new Date().toISOString()} starts as ${identity()}\n`)
      const started = spawn(process.execPath, [bundle, 'run', '-c', config.path, '--admin', '127.0.0.1:0', '--kubeconfig', kubeconfig, '--lease-namespace', leaseNamespace], {
        env: {
          PATH: process.env['PATH'], HOME: home, POD_NAME: identity().slice(0, -1), NO_COLOR: '1', NODE_COMPILE_CACHE: join(dir, 'compile-cache'),
          ...(hasFaketime() && { LD_PRELOAD: libfaketime, FAKETIME_TIMESTAMP_FILE: clock, FAKETIME_CACHE_DURATION: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1', DONT_FAKE_MONOTONIC: '1' }),
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      started.stdout.pipe(log, { end: false })
      started.stderr.pipe(log, { end: false })
      started.once('exit', (code, signal) => {
        log.write(`--- ${new Date().toISOString()} ended: ${code ?? signal ?? ''}\n`)
        if (child === started) child = undefined
        if (signal !== 'SIGKILL') crashed(`Registrar ${slot} ended by itself with ${code ?? signal ?? ''}: see ${join(home, 'log')}`)
      })
      child = started
    },
    async kill() {
      if (child === undefined) return
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
      await sleep(0)
    },
    freeze: () => { child?.kill('SIGSTOP') },
    thaw: () => { child?.kill('SIGCONT') },
  }
}
