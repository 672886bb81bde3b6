// `sync` of an instance of its own, behind a proxy of its own, that is killed in the middle of its writes.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { kubeconfigText } from '../cluster/harness/kubeconfig-text.ts'
import { type FaultProxy } from './fault-proxy.ts'
import { declarationOf, type WorldService } from './world-service.ts'

export interface OneShot {
  readonly proxy: FaultProxy
  readonly services: readonly WorldService[]
  /** Starts a pass over what is declared now. */
  readonly start: () => Promise<ChildProcess>
  /** A whole pass; rejects where it does not succeed. */
  readonly pass: () => Promise<void>
}

export async function newOneShot(dir: string, bundle: string, proxy: FaultProxy, services: readonly WorldService[]): Promise<OneShot> {
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
      const child = await start()
      let text = ''
      for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (chunk: string) => { text += chunk })
      const [code] = await once(child, 'exit') as [number | null]
      if (code !== 0) throw new Error(`sync ended with ${code ?? 'a signal'}: ${text}`)
    },
  }
}
