// npm run faults [-- --seed N --count N --only PART_OF_A_NAME --minutes N --quick]: see README.md beside it.

import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { deal } from './deal.ts'
import { faults } from './faults.ts'
import { leaderlessWrites, isOfAService } from './leaderless-writes.ts'
import { folderInside, runInside, setUpNetwork, whyNoNetwork } from './own-network.ts'
import { hasFaketime } from './registrar-process.ts'
import { isGood, type Outcome, report } from './report.ts'
import { type Convergence, lackAtEnd, runFaults } from './run-faults.ts'
import { startWorld } from './start-world.ts'

const { values } = parseArgs({
  options: {
    // Some find no service that suits them: of these a thousand are left.
    seed: { type: 'string' }, count: { type: 'string', default: '1020' }, only: { type: 'string', default: '' },
    minutes: { type: 'string', default: '32' }, quick: { type: 'boolean', default: false },
  },
})
const dir = folderInside()
if (dir === undefined) process.exit(await outside())
setUpNetwork()
process.on('SIGTERM', () => process.exit(1)).on('SIGINT', () => process.exit(1))
// Whatever happens, it ends.
setTimeout(() => {
  process.stderr.write('Ended: it took longer than it may\n')
  process.exit(1)
}, (Number(values.minutes) + 6) * 60_000).unref()
process.exit(await inside(dir).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack ?? error.message : String(error)}\n`)
  return 1
}))

async function outside(): Promise<number> {
  const reason = whyNoNetwork()
  if (reason === undefined) return runInside()
  process.stderr.write(`skipped: ${reason}\n`)
  return 2
}

async function inside(folder: string): Promise<number> {
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31))
  const chosen = faults.filter(({ name, isSlow }) => name.toLowerCase().includes(values.only.toLowerCase()) && !(values.quick && isSlow === true))
  process.stdout.write(`npm run faults -- --seed ${seed} --count ${values.count}${values.only === '' ? '' : ` --only '${values.only}'`}${values.quick ? ' --quick' : ''}\n`)
  if (!hasFaketime()) process.stderr.write('skipped: clock faults: not installed: libfaketime\n')
  const crashed: string[] = []
  const world = await startWorld(folder, (what) => { crashed.push(what) })
  process.stdout.write(`Faults begin ${Math.round(performance.now() / 1000)} s after the start; logs meanwhile in ${folder}\n`)
  const startedAt = performance.now()
  const convergences: Convergence[] = []
  const told = new Set<string>()
  const history = createWriteStream(join(folder, 'faults.log'))
  await runFaults({
    world, dealt: deal(chosen, Number(values.count), seed), ending: AbortSignal.timeout(Number(values.minutes) * 60_000),
    note: (text) => { history.write(`${new Date().toISOString()} ${text}\n`) },
    converged(convergence) {
      convergences.push(convergence)
      for (const incident of [...world.oracle.emptied(), ...world.oracle.touched()]) {
        if (!told.has(incident)) process.stdout.write(`${incident}\n`)
        told.add(incident)
      }
      if (convergence.late !== undefined) process.stdout.write(`late: ${convergence.name}: ${convergence.late}\n`)
      if (convergences.length % 50 === 0) process.stdout.write(`${convergences.length} faults, ${Math.round((performance.now() - startedAt) / 1000)} s\n`)
    },
  })
  const lack = await lackAtEnd(world)
  const writes = world.registrars.flatMap(({ proxy }) => proxy.writes)
  const outcome: Outcome = {
    seconds: (performance.now() - startedAt) / 1000, convergences, crashed,
    emptied: world.oracle.emptied(), touched: world.oracle.touched(),
    leaderless: leaderlessWrites(writes, world.oracle.leaseHistory),
    writes: writes.filter(({ path }) => isOfAService(path)).length, lackAtEnd: lack,
  }
  process.stdout.write(`\n${report(outcome)}`)
  return isGood(outcome) ? 0 : 1
}
