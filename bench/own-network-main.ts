// Inside of the network: see own-network.ts.
import { setUpNetwork } from '../test/faults/own-network.ts'
import { type NetworkBench } from './own-network.ts'
import { measureLatency } from './run-latency.ts'
import { measureSteady, type SteadySettings } from './run-steady.ts'

const [bench, settings] = process.argv.slice(2) as [NetworkBench, string]
setUpNetwork()
if (bench === 'run-latency') await measureLatency()
else await measureSteady(JSON.parse(settings) as SteadySettings)
process.exit()
