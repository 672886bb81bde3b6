// What a scenario file may say. Strict: a misspelt expectation would expect nothing.

import { z } from 'zod'

const answer = z.union([z.array(z.string()), z.enum(['NXDOMAIN', 'NODATA', 'timeout'])])
const mapping = z.record(z.string(), z.unknown())
const endpoints = z.strictObject({ ready: z.array(z.string()).default([]), notReady: z.array(z.string()).default([]) })

const step = z.strictObject({
  /** What happens, in a sentence. */
  when: z.string(),
  /** The whole config from now on. */
  config: mapping.optional(),
  /** Objects that somebody else writes or changes before this pass. */
  objects: z.array(mapping).default([]),
  /** host -> what DNS says of A and AAAA from now on; a type that is left out is NODATA. */
  dns: z.record(z.string(), z.strictObject({ A: answer.default('NODATA'), AAAA: answer.default('NODATA') })).optional(),
  /** address:port -> what the probe finds from now on; the others pass. */
  probes: z.record(z.string(), z.enum(['passes', 'fails'])).optional(),
  /** As on the command line. */
  flags: z.strictObject({
    acceptAbsent: z.boolean(), allowDeletes: z.boolean(), recreate: z.boolean(), prune: z.boolean(), probe: z.boolean(), namespace: z.string(), service: z.string(),
  }).partial().default({}),
  /** Every write of the pass, in order within its service: `create Service shop/db`. */
  changes: z.array(z.string()),
  /** namespace/name -> status. */
  services: z.record(z.string(), z.string()),
  /** What is said, in part. */
  says: z.array(z.string()).default([]),
  /** namespace/name -> what pods reach through its slices afterwards. */
  published: z.record(z.string(), endpoints).default({}),
  /** Objects that are there afterwards, each with at least these fields. */
  contains: z.array(mapping).default([]),
})

export const scenarioSchema = z.strictObject({
  title: z.string(),
  description: z.string(),
  cluster: z.strictObject({ families: z.array(z.enum(['IPv4', 'IPv6'])) }).default({ families: ['IPv4'] }),
  steps: z.array(step).min(1),
})

export type Scenario = z.output<typeof scenarioSchema>
export type Step = Scenario['steps'][number]
