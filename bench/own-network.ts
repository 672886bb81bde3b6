// A network of its own for a bench and all that it starts, as the fault tests have it: cluster targets may not be loopback,
// so addresses of the world are this machine's own there, and others swallow every packet. Nothing leaves the machine.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { whyNoNetwork } from '../test/faults/own-network.ts'
import { say } from './figures.ts'

export type NetworkBench = 'run-latency' | 'run-steady'

const main = fileURLToPath(new URL('own-network-main.ts', import.meta.url))

/** Runs a bench in a network that ends with it. Says why and does nothing where this machine makes none. */
export async function inOwnNetwork(bench: NetworkBench, settings: object = {}): Promise<void> {
  const reason = whyNoNetwork()
  if (reason !== undefined) {
    say(`${bench} passed over: ${reason}`)
    return
  }
  const program = [process.execPath, '--disable-warning=ExperimentalWarning', main, bench, JSON.stringify(settings)]
  // Standard input is never written to: it closes when this process goes, and that ends the one inside.
  const child = spawn('unshare', ['--net', '--pid', '--fork', '--kill-child', '--mount-proc', ...program], { stdio: ['pipe', 'inherit', 'inherit'] })
  const [code] = await once(child, 'exit') as [number | null]
  if (code !== 0) throw new Error(`${bench} ended with ${String(code)}`)
}

/** Inside, an address of ours: the same for the same number, up to 124,999. */
export function liveAddress(number: number): string {
  return `198.${18 + Math.floor(number / 62_500)}.${Math.floor(number / 250) % 250}.${1 + number % 250}`
}

/** Inside, an address that swallows packets: up to 252. */
export function swallowingAddress(number: number): string {
  return `198.51.100.${1 + number}`
}
