import { type Fault } from './fault.ts'
import { apiFaults } from './faults/api.ts'
import { configFaults } from './faults/config.ts'
import { dnsFaults } from './faults/dns.ts'
import { objectFaults } from './faults/objects.ts'
import { oneShotFaults, processFaults } from './faults/processes.ts'
import { targetFaults } from './faults/targets.ts'

/** Every fault there is. */
export const faults: readonly Fault[] = [...dnsFaults, ...targetFaults, ...objectFaults, ...apiFaults, ...processFaults, ...configFaults, ...oneShotFaults]
