// npm run bench [-- NAME ... --minutes=N]: measures the built bundle beside what it is held against. Says figures and goals,
// asserts nothing. The minutes are those of run-steady, for each size.
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { coldSync } from './cold-sync.ts'
import { say } from './figures.ts'
import { manyServices } from './many-services.ts'
import { noopSync } from './noop-sync.ts'
import { probes } from './probes.ts'
import { runLatency } from './run-latency.ts'
import { runSteady } from './run-steady.ts'
import { start } from './start.ts'

const { values, positionals: named } = parseArgs({ allowPositionals: true, options: { minutes: { type: 'string', default: '10' } } })
const benches = { start, 'cold-sync': coldSync, 'noop-sync': noopSync, 'many-services': manyServices, probes, 'run-latency': runLatency, 'run-steady': () => runSteady({ minutes: Number(values.minutes) }) }

const unknown = named.filter((name) => !Object.hasOwn(benches, name))
if (unknown.length > 0) {
  say(`No such bench: ${unknown.join(', ')}. There are ${Object.keys(benches).join(', ')}`)
  process.exit(2)
}
for (const [name, bench] of Object.entries(benches)) {
  if (named.length > 0 && !named.includes(name)) continue
  await bench()
  say(`(${cpus().length} processors, load ${loadavg().map((load) => load.toFixed(1)).join(' ')}, Node ${process.version})`)
}
