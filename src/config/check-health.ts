import { checkHeaders, warnOfHttpsKeys } from './check-http.ts'
import { type PortEntry } from './check-ports.ts'
import { nearestOf } from './describe-issue.ts'
import { type Found, fieldsOf, isMapping, show } from './found.ts'
import { builtinTimings, isMysql } from './health-check.ts'
import { withoutUndefined } from './without-undefined.ts'
import { type Path } from './yaml-places.ts'

type Field = 'tcp' | 'http' | 'none' | 'port' | 'periodSeconds' | Bounded
type Bounded = 'timeoutSeconds' | 'transitionPeriodSeconds'
type Fields = Readonly<Partial<Record<Field, unknown>>>

/** What is wrong with the check in `defaults`. */
export function checkDefaultHealth(check: unknown, path: Path): Found[] {
  const own = fieldsOf<Field>(check)
  return [...checkKinds(own, path), ...checkTimes(own, {}, path), ...checkHeaders(own.http, [...path, 'http'])]
}

/** What is wrong with a service's check, by its ports and by the check in `defaults`. */
export function checkHealth(check: unknown, defaults: unknown, ports: readonly PortEntry[], path: Path): Found[] {
  const own = fieldsOf<Field>(check)
  return [
    ...checkKinds(own, path),
    ...checkTimes(own, fieldsOf<Field>(defaults), path),
    ...checkPort(own, ports, path),
    ...checkHeaders(own.http, [...path, 'http']),
  ]
}

/** What is allowed in a check and probably not meant. */
export function warnOfHealth(check: unknown, ports: readonly PortEntry[], targetNumbers: readonly unknown[], path: Path): Found[] {
  const own = fieldsOf<Field>(check)
  const kind = own.tcp === undefined ? 'http' : 'tcp'
  const port = decidingPort(own.port, ports)
  const warnings = warnOfHttpsKeys(own.http, [...path, 'http'])
  if (own[kind] !== undefined && port !== undefined && isMysql(port.value, targetNumbers)) {
    warnings.push({ path: [...path, kind], on: 'key', message: `Check ${kind} on a MySQL port: MySQL blocks a host after many connections without a login (max_connect_errors)` })
  }
  return warnings
}

function checkKinds(own: Fields, path: Path): Found[] {
  const [first, ...more] = (['tcp', 'http', 'none'] as const).filter((kind) => own[kind] !== undefined)
  return more.map((kind) => ({ path: [...path, kind], on: 'key', message: `Cannot use ${kind} beside ${String(first)}: a check has one kind` }))
}

function checkTimes(own: Fields, defaults: Fields, path: Path): Found[] {
  return (['timeoutSeconds', 'transitionPeriodSeconds'] as const).flatMap((key) => checkTime(key, own, defaults, path))
}

/** No longer than the period: probes do not overlap, and a streak is looked at again sooner, not later. */
function checkTime(key: Bounded, own: Fields, defaults: Fields, path: Path): Found[] {
  // Times that are both inherited are judged where they stand.
  if (own.periodSeconds === undefined && own[key] === undefined) return []
  const { periodSeconds: period, [key]: time } = { ...builtinTimings, ...timesOf(defaults), ...timesOf(own) }
  if (typeof period !== 'number' || typeof time !== 'number' || time <= period) return []
  if (own[key] !== undefined) return [{ path: [...path, key], message: `Cannot use ${key} ${time}: must be at most periodSeconds, which is ${period}` }]
  return [{ path: [...path, 'periodSeconds'], message: `Cannot use periodSeconds ${period}: must be at least ${key}, which is ${time}` }]
}

function timesOf({ periodSeconds, timeoutSeconds, transitionPeriodSeconds }: Fields): Fields {
  return withoutUndefined({ periodSeconds, timeoutSeconds, transitionPeriodSeconds })
}

function checkPort(own: Fields, ports: readonly PortEntry[], path: Path): Found[] {
  if (ports.length === 0) return []
  const names = ports.filter(isTcp).flatMap(({ value }) => typeof value.name === 'string' ? [value.name] : [])
  if (typeof own.port === 'string' && !names.includes(own.port)) return [{ path: [...path, 'port'], message: noTcpPort(own.port, names) }]
  if (ports.some(isTcp)) return []
  return (['tcp', 'http'] as const).filter((kind) => isMapping(own[kind]))
    .map((kind) => ({ path: [...path, kind], on: 'key', message: `Cannot use ${kind} on UDP and SCTP ports: write none: {} or leave it out` }))
}

function noTcpPort(given: string, names: readonly string[]): string {
  if (names.length === 0) return `Cannot use port ${show(given)}: no TCP port of this service has a name`
  const nearest = nearestOf(given, names)
  return `Cannot use port ${show(given)}: ${nearest === undefined ? `the TCP ports of this service are ${names.join(', ')}` : `did you mean ${nearest}?`}`
}

function decidingPort(name: unknown, ports: readonly PortEntry[]): PortEntry | undefined {
  return ports.find((port) => isTcp(port) && (name === undefined || port.value.name === name))
}

function isTcp({ value }: PortEntry): boolean {
  return (value.protocol ?? 'TCP') === 'TCP'
}
