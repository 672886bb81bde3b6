// A process that makes 1,000 TCP probes a second and says what it used meanwhile: `bare` by net.connect alone, `ours` by
// followTargets. Arguments: which, port, targets, seconds.
import { connect } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { type HealthCheck } from '../src/model/declared.ts'
import { followTargets } from '../src/probe/follow-targets.ts'
import { loopbackAddress } from './loopback-address.ts'

export interface LoopFigures {
  readonly probes: number
  readonly cpuMs: number
  /** ms beyond the interval at which the loop was looked at. */
  readonly lag: { readonly p50: number; readonly p99: number; readonly max: number }
}

const [which, port, targets, seconds] = process.argv.slice(2)
const addresses = Array.from({ length: Number(targets) }, (_, index) => loopbackAddress(index))
let done = 0

/** As often as we look at what is due, so both wake up as often. */
const grainMs = 10

function probeBare(): void {
  const startedAt = performance.now()
  let begun = 0
  setInterval(() => {
    const due = (performance.now() - startedAt) * addresses.length / 1000
    for (; begun < due; begun++) {
      const socket = connect({ host: addresses[begun % addresses.length] ?? '', port: Number(port) })
      socket.once('connect', () => {
        done++
        socket.destroy()
      }).once('error', (error) => { throw error })
    }
  }, grainMs)
}

function probeOurs(): void {
  const check: HealthCheck = { kind: 'tcp', periodSeconds: 1, timeoutSeconds: 2, successThreshold: 1, failureThreshold: 3, transitionPeriodSeconds: 1 }
  const follower = followTargets({
    now: () => Date.now(), changed: () => undefined,
    tell: (happening) => {
      if (happening.kind !== 'probed') return
      if (!happening.outcome.ok) throw new Error(`A probe failed: ${happening.outcome.reason}`)
      done++
    },
  })
  for (const [index, address] of addresses.entries()) follower.follow(`service-${index}`, [{ address, port: Number(port), check, before: 'ready' }])
}

if (which === 'bare') probeBare()
else probeOurs()
// Until the code is compiled as well as it will be: both run for months.
await sleep(3000)
const before = { done, cpu: process.cpuUsage() }
await sleep(Number(seconds) * 1000)
const { user, system } = process.cpuUsage(before.cpu)
const probes = done - before.done
// Only now: to watch the loop is to wake it up a hundred times a second.
const lag = monitorEventLoopDelay({ resolution: grainMs })
lag.enable()
await sleep(Number(seconds) * 1000)
const beyond = (ns: number): number => Math.max(0, ns / 1e6 - grainMs)
const figures: LoopFigures = {
  probes, cpuMs: (user + system) / 1000,
  lag: { p50: beyond(lag.percentile(50)), p99: beyond(lag.percentile(99)), max: beyond(lag.max) },
}
process.stdout.write(`${JSON.stringify(figures)}\n`, () => { process.exit() })
