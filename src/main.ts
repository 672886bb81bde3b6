import module from 'node:module'
import { capYoungSpace } from './cap-young-space.ts'
import { keepHeapSmall } from './keep-heap-small.ts'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(`Needs Node 22.19 or newer, and this is ${process.version}: in a checkout, npx endpoint-registrar brings its own\n`)
  process.exit(2)
}
// Compiled code is kept between runs: a one-shot command spends most of its time on start.
module.enableCompileCache()

const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => { interrupted.abort() })
}

if (process.argv[2] === 'run') keepHeapSmall()
else capYoungSpace()
const { runCli } = await import('./cli.ts')
process.exitCode = await runCli(process.argv, interrupted.signal)
