import { parseAddress } from '../address/parse-address.ts'
import { checkTargetPorts, type PortEntry } from './check-ports.ts'
import { type Entry, type Found, isMapping, show } from './found.ts'
import { canonicalHost } from './name-rules.ts'

export type TargetEntry = Entry<'host' | 'address' | 'family' | 'ports' | 'retainSeconds'>

/** What is wrong with the targets of one service beyond the schema of each. */
export function checkTargets(targets: readonly TargetEntry[], ports: readonly PortEntry[], type: unknown): Found[] {
  const seen = new Set<string>()
  return targets.flatMap(({ path, value }) => {
    const found = checkWhere({ path, value })
    if (isMapping(value.ports)) found.push(...checkTargetPorts(value.ports, ports, type, [...path, 'ports']))
    const keys = identitiesOf(value, ports)
    if (keys.some((key) => seen.has(key))) {
      const what = value.address === undefined ? 'host' : 'address'
      found.push({ path: [...path, what], message: `Cannot use ${what} ${show(value[what])} twice: another target of this service is the same` })
    }
    for (const key of keys) seen.add(key)
    return found
  })
}

/** What is allowed in a target and probably not meant. */
export function warnOfTargets(targets: readonly TargetEntry[]): Found[] {
  return targets.filter(({ value }) => value.address !== undefined && value.retainSeconds !== undefined)
    .map(({ path }) => ({ path: [...path, 'retainSeconds'], on: 'key', message: 'Key retainSeconds has no effect: the target is an address, which no answer leaves out' }))
}

function checkWhere({ path, value: { host, address, family } }: TargetEntry): Found[] {
  if (host === undefined && address === undefined) return [{ path: [...path, 'host'], message: 'Missing key: host or address' }]
  if (address === undefined) return []
  const found: Found[] = []
  if (host !== undefined) found.push({ path: [...path, 'address'], on: 'key', message: 'Cannot use address beside host: a target is one or the other' })
  if (family !== undefined) found.push({ path: [...path, 'family'], on: 'key', message: 'Cannot use family with address: an address has its own' })
  return found
}

/** One key for each family; the same machine with other port numbers is another target. */
function identitiesOf({ host, address, family, ports: numbers }: TargetEntry['value'], ports: readonly PortEntry[]): string[] {
  const suffix = isMapping(numbers) ? numbersOf(numbers, ports) : ''
  if (typeof address === 'string') return [canonicalAddress(address) + suffix]
  if (typeof host !== 'string') return []
  const families = family === 'IPv4' || family === 'IPv6' ? [family] : ['IPv4', 'IPv6']
  return families.map((one) => `${canonicalHost(host)} ${one}${suffix}`)
}

/** The numbers that a target listens on, or nothing where they are the usual ones. */
function numbersOf(own: Readonly<Record<string, unknown>>, ports: readonly PortEntry[]): string {
  const usual = ports.map(({ value: { port, targetPort } }) => targetPort ?? port)
  const numbers = ports.map(({ value: { name } }, index) => own[String(name)] ?? usual[index])
  return numbers.every((number, index) => number === usual[index]) ? '' : ` ${numbers.map(show).join()}`
}

function canonicalAddress(text: string): string {
  if (!text.includes(':')) return text
  const address = parseAddress(text)
  return typeof address === 'string' ? text : address.text
}
