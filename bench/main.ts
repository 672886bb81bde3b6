// npm run bench [-- NAME ...]: measures the built bundle beside what it is held against. Says figures and goals, asserts nothing.
import { cpus, loadavg } from 'node:os'
import { coldSync } from './cold-sync.ts'
import { say } from './figures.ts'
import { manyServices } from './many-services.ts'
import { noopSync } from './noop-sync.ts'
import { start } from './start.ts'

const benches = { start, 'cold-sync': coldSync, 'noop-sync': noopSync, 'many-services': manyServices }

const named = process.argv.slice(2)
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
