// A real name server, CoreDNS, that serves one zone file and reads it again when its serial has grown.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findBinary } from '../cluster/harness/binaries.ts'
import { freePorts } from '../cluster/harness/free-ports.ts'

export interface CoreDns {
  /** `127.0.0.1:port`, as a config names it. */
  readonly address: string
  /** Replaces the zone file at once, as a person's editor would not: it is served within about a second when its serial is higher. */
  writeZone(text: string): Promise<void>
  stop(): Promise<void>
}

/** The binary that the cluster's harness made; undefined where there is none. */
export function findCoreDns(): string | undefined {
  return findBinary('coredns')
}

/** Starts the server on a free loopback port and waits until it serves the zone. Another process may be quicker: tries again then. */
export async function startCoreDns(binary: string, zone: string, text: string, tries = 4): Promise<CoreDns> {
  try {
    return await startOnce(binary, zone, text)
  } catch (error) {
    if (tries === 1) throw error
    process.stderr.write(`${String(error)}\n`)
    return startCoreDns(binary, zone, text, tries - 1)
  }
}

async function startOnce(binary: string, zone: string, text: string): Promise<CoreDns> {
  const folder = await mkdtemp(join(tmpdir(), 'endpoint-registrar-coredns-'))
  const writeZone = async (next: string): Promise<void> => {
    await writeFile(join(folder, 'zone.new'), next)
    await rename(join(folder, 'zone.new'), join(folder, 'zone'))
  }
  await writeZone(text)
  const [port = 0] = await freePorts('127.0.0.1', 1)
  await writeFile(join(folder, 'Corefile'), `${zone}:${port} {\n  bind 127.0.0.1\n  errors\n  file zone {\n    reload 200ms\n  }\n}\n`)
  const server = spawn(binary, ['-conf', 'Corefile'], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  const kill = (): void => { server.kill('SIGKILL') }
  process.once('exit', kill)
  const stop = async (): Promise<void> => {
    process.off('exit', kill)
    kill()
    if (server.exitCode === null && server.signalCode === null) await once(server, 'close')
    await rm(folder, { recursive: true })
  }
  let said = ''
  for (const stream of [server.stdout, server.stderr]) stream.on('data', (chunk: Buffer) => { said += chunk.toString() })
  // It prints its version once every listener is open.
  while (!said.includes('CoreDNS-')) {
    if (server.exitCode !== null) {
      await stop()
      throw new Error(`CoreDNS ended before it served: ${said}`)
    }
    await sleep(20)
  }
  return { address: `127.0.0.1:${port}`, writeZone, stop }
}
