import { nearestOf } from './describe-issue.ts'
import { type Entry, type Found, show } from './found.ts'
import { type Path } from './yaml-places.ts'

export type PortEntry = Entry<'name' | 'port' | 'targetPort' | 'protocol' | 'appProtocol'>

/** What is wrong between the ports of one service. */
export function checkPorts(ports: readonly PortEntry[], type: unknown): Found[] {
  return [...(ports.length > 1 ? checkSeveral(ports) : []), ...(type === 'Headless' ? ports.flatMap(checkHeadless) : [])]
}

function checkSeveral(ports: readonly PortEntry[]): Found[] {
  const names = new Set<unknown>()
  const numbers = new Set<string>()
  return ports.flatMap(({ path, value: { name, port, protocol = 'TCP' } }) => {
    const found: Found[] = []
    const number = `${show(port)}/${show(protocol)}`
    if (name === undefined) found.push({ path: [...path, 'name'], message: 'Missing key: name, which each of several ports needs' })
    else if (names.has(name)) found.push({ path: [...path, 'name'], message: `Cannot use port name ${show(name)}: another port of this service has it` })
    if (port !== undefined && numbers.has(number)) found.push({ path: [...path, 'port'], message: `Cannot use port ${number}: another port of this service has it` })
    names.add(name)
    numbers.add(number)
    return found
  })
}

function checkHeadless({ path, value: { port, targetPort } }: PortEntry): Found[] {
  const isMoved = typeof targetPort === 'number' && targetPort !== port
  return isMoved ? [{ path: [...path, 'targetPort'], message: untranslated('targetPort', targetPort, port) }] : []
}

/** What is wrong with a target's own port numbers, by the ports of its service. */
export function checkTargetPorts(numbers: Readonly<Record<string, unknown>>, ports: readonly PortEntry[], type: unknown, path: Path): Found[] {
  const names = ports.flatMap(({ value }) => typeof value.name === 'string' ? [value.name] : [])
  return Object.entries(numbers).flatMap(([name, number]): Found[] => {
    if (!names.includes(name)) return ports.length === 0 ? [] : [{ path: [...path, name], on: 'key', message: noSuchPort(name, names) }]
    const port = ports.find(({ value }) => value.name === name)?.value.port
    const isMoved = type === 'Headless' && typeof number === 'number' && number !== port
    return isMoved ? [{ path: [...path, name], message: untranslated('port', number, port) }] : []
  })
}

function noSuchPort(name: string, names: readonly string[]): string {
  if (names.length === 0) return `Cannot use port name ${show(name)}: the port of this service has no name`
  const nearest = nearestOf(name, names)
  return `Cannot use port name ${show(name)}: ${nearest === undefined ? `the ports of this service are ${names.join(', ')}` : `did you mean ${nearest}?`}`
}

function untranslated(what: string, number: number, port: unknown): string {
  return `Cannot use ${what} ${number} with port ${show(port)} of type Headless: nobody translates ports there`
}
