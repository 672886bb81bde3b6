// What the outside world said, added up: DNS and the probes. Not by host and not by target, of which there are too many.

import type { Registry } from 'prom-client'
import { type Count } from './count.ts'
import { combinations, counter, histogram } from './metric.ts'
import { lookupReason, lookupReasons, probeReason, probeReasons } from './reason-class.ts'

const networkSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export function probes(registry: Registry): Count<'probed'> {
  const total = counter(registry, { name: 'probes_total', help: 'Attempts to check a target, by check, outcome and class of reason.' }, ['check', 'outcome', 'reason'], [
    ...combinations({ check: ['tcp', 'http'], outcome: ['passed'], reason: ['none'] }),
    ...combinations({ check: ['tcp', 'http'], outcome: ['failed'], reason: probeReasons }),
  ])
  const duration = histogram(registry, { name: 'probe_duration_seconds', help: 'How long an attempt to check a target took, by check.' }, networkSeconds, ['check'])
  return ({ target: { check: { kind: check } }, outcome }) => {
    total.inc({ check, outcome: outcome.ok ? 'passed' : 'failed', reason: probeReason(outcome) })
    duration.observe({ check }, outcome.latencyMs / 1000)
  }
}

export function verdicts(registry: Registry): Count<'verdict'> {
  const total = counter(registry, { name: 'verdict_changes_total', help: 'Targets whose checks added up to another verdict, by the new one.' },
    ['verdict'], combinations({ verdict: ['ready', 'unready'] }))
  return ({ verdict }) => { total.inc({ verdict }) }
}

export function lookups(registry: Registry): Count<'asked'> {
  const total = counter(registry, { name: 'dns_lookups_total', help: 'Questions to DNS, by outcome and class of reason.' }, ['outcome', 'reason'],
    (['found', 'absent', 'unknown'] as const).flatMap((outcome) => lookupReasons[outcome].map((reason) => ({ outcome, reason }))))
  const duration = histogram(registry, { name: 'dns_lookup_duration_seconds', help: 'How long a question to DNS took, by outcome.' }, networkSeconds, ['outcome'])
  return ({ outcome, reason, seconds }) => {
    total.inc({ outcome, reason: lookupReason(outcome, reason) })
    duration.observe({ outcome }, seconds)
  }
}
