// `sync` of an instance of its own, behind a proxy of its own, that is killed in the middle of its writes.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { exitCodes } from '../../src/exit-codes.ts'
import { kubeconfigText } from '../cluster/harness/kubeconfig-text.ts'
import { type FaultProxy } from './fault-proxy.ts'
import { declarationOf, type WorldService } from './world-service.ts'

export interface OneShot {
  readonly proxy: FaultProxy
  readonly services: readonly WorldService[]
  /** Starts a pass over what is declared now. */
  readonly start: () => Promise<ChildProcess>
  /** A whole pass; made again where the API server was down meanwhile and it said so, and rejects where it does not succeed otherwise. */
  readonly pass: () => Promise<void>
}

export interface OneShotPlace {
  readonly dir: string
  readonly bundle: string
  readonly proxy: FaultProxy
  readonly services: readonly WorldService[]
  /** Whether its API server was down at any moment since then, in ms of performance.now(). */
  readonly wasDownSince: (at: number) => boolean
}

/** What a pass ends with that lost its API server: before it read everything, or while it wrote. */
const lostCodes: readonly (number | null)[] = [exitCodes.unreachable, exitCodes.incomplete]

export async function newOneShot({ dir, bundle, proxy, services, wasDownSince }: OneShotPlace): Promise<OneShot> {
  const [kubeconfig, config] = [join(dir, 'one-shot.kubeconfig'), join(dir, 'one-shot.yaml')]
  await writeFile(kubeconfig, kubeconfigText({ server: proxy.server, ca: proxy.ca, user: 'one-shot', token: proxy.token }))
  const start = async (): Promise<ChildProcess> => {
    await writeFile(config, JSON.stringify({ instance: 'one-shot', services: services.map(declarationOf) }))
    return spawn(process.execPath, [bundle, 'sync', '-c', config, '--no-probe', '--kubeconfig', kubeconfig], {
      env: { PATH: process.env['PATH'], HOME: dir, NO_COLOR: '1', NODE_COMPILE_CACHE: join(dir, 'compile-cache') }, stdio: ['ignore', 'pipe', 'pipe'],
    })
  }
  return {
    proxy, services, start,
    async pass() {
      for (;;) {
        const startedAt = performance.now()
        const { code, text } = await ended(await start())
        if (code === exitCodes.done) return
        if (!lostCodes.includes(code) || !wasDownSince(startedAt)) throw new Error(`sync ended with ${code ?? 'a signal'}: ${text}`)
        await sleep(200)
      }
    },
  }
}

async function ended(child: ChildProcess): Promise<{ readonly code: number | null; readonly text: string }> {
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (chunk: string) => { text += chunk })
  const [code] = await once(child, 'close') as [number | null]
  return { code, text }
}
