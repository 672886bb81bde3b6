// What in an object changes, in short phrases. The dry run and the real run print the same.

import { type EndpointSlice, type Endpoints, type ManagedObject, type Service } from '../model/objects.ts'
import { isSame } from './is-same.ts'

/** What a new object holds. */
export function describeNew(object: ManagedObject): string[] {
  switch (object.kind) {
    case 'Service': return [`ports ${servicePorts(object).join(', ')}`]
    case 'EndpointSlice': return [counted(sliceAddresses(object)), `ports ${slicePorts(object).join(', ')}`]
    case 'Endpoints': return [counted(endpointsAddresses(object))]
  }
}

/** The differences; empty where nothing that we write differs. */
export function describeDifference(current: ManagedObject, desired: ManagedObject): string[] {
  return [
    ...keyed('label', current.metadata.labels, desired.metadata.labels),
    ...keyed('annotation', current.metadata.annotations, desired.metadata.annotations),
    ...(isSame(current.metadata.ownerReferences ?? [], desired.metadata.ownerReferences ?? []) ? [] : ['owner added']),
    ...contents(current, desired),
  ]
}

function contents(current: ManagedObject, desired: ManagedObject): string[] {
  if (current.kind === 'Service' && desired.kind === 'Service') return serviceContents(current, desired)
  if (current.kind === 'EndpointSlice' && desired.kind === 'EndpointSlice') {
    return [
      ...listed('port', slicePorts(current), slicePorts(desired)),
      ...stated(sliceAddresses(current), sliceAddresses(desired)),
    ]
  }
  if (current.kind === 'Endpoints' && desired.kind === 'Endpoints') return stated(endpointsAddresses(current), endpointsAddresses(desired))
  return []
}

function serviceContents(current: Service, desired: Service): string[] {
  const fields = ['type', 'clusterIP', 'ipFamilyPolicy', 'externalName', 'internalTrafficPolicy'] as const
  return [
    ...fields.filter((field) => !isSame(current.spec[field], desired.spec[field]))
      .map((field) => `${field} ${current.spec[field] ?? '(none)'} -> ${desired.spec[field] ?? '(none)'}`),
    ...listed('port', servicePorts(current), servicePorts(desired)),
  ]
}

function servicePorts({ spec }: Service): string[] {
  return (spec.ports ?? []).map(({ name, port, targetPort, protocol, appProtocol }) =>
    `${name === undefined ? '' : `${name} `}${port}->${targetPort ?? port}/${protocol ?? 'TCP'}${appProtocol === undefined ? '' : ` (${appProtocol})`}`)
}

function slicePorts({ ports }: EndpointSlice): string[] {
  return (ports ?? []).map(({ name, port, protocol, appProtocol }) =>
    `${name === undefined || name === '' ? '' : `${name} `}${port ?? 'any'}/${protocol ?? 'TCP'}${appProtocol === undefined ? '' : ` (${appProtocol})`}`)
}

/** Each address with its state, which is empty for the usual one. */
function sliceAddresses({ endpoints }: EndpointSlice): Stated[] {
  return (endpoints ?? []).map(({ addresses, conditions }) => {
    const ready = conditions?.ready ?? true
    const serving = conditions?.serving ?? true
    const state = [ready ? '' : 'not ready', ready === serving ? '' : serving ? 'serving' : 'not serving', conditions?.terminating === true ? 'terminating' : '']
    return [addresses.join('+'), state.filter((part) => part !== '').join(', ')]
  })
}

function endpointsAddresses({ subsets }: Endpoints): Stated[] {
  return (subsets ?? []).flatMap(({ addresses, notReadyAddresses, ports }) => {
    const at = (ports ?? []).map(({ name, port, protocol, appProtocol }) => `${name === undefined || name === '' ? '' : `${name}=`}${port}${protocol === 'TCP' || protocol === undefined ? '' : `/${protocol}`}${appProtocol === undefined ? '' : `(${appProtocol})`}`).join(',')
    return [
      ...(addresses ?? []).map(({ ip }): Stated => [`${ip}:${at}`, '']),
      ...(notReadyAddresses ?? []).map(({ ip }): Stated => [`${ip}:${at}`, 'not ready']),
    ]
  })
}

/** What it is, and the state that it is in. */
type Stated = readonly [item: string, state: string]

type Strings = Readonly<Record<string, string>> | null | undefined

function keyed(what: string, current: Strings, desired: Strings): string[] {
  const [before, after] = [current ?? {}, desired ?? {}]
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((key) => before[key] !== after[key])
    .map((key) => (after[key] === undefined ? `${what} -${key}` : `${what} ${key in before ? '~' : '+'}${key}`))
}

function listed(what: string, before: readonly string[], after: readonly string[]): string[] {
  if (isSame(before, after)) return []
  const changes = [
    ...after.filter((item) => !before.includes(item)).map((item) => `${what} +${item}`),
    ...before.filter((item) => !after.includes(item)).map((item) => `${what} -${item}`),
  ]
  return changes.length === 0 ? [`${what} order`] : changes
}

function stated(before: readonly Stated[], after: readonly Stated[]): string[] {
  if (isSame(before, after)) return []
  const [was, is] = [new Map(before), new Map(after)]
  const changes = [
    ...after.flatMap((entry) => (was.has(entry[0]) ? [] : [`+${shown(entry)}`])),
    ...before.flatMap(([item]) => (is.has(item) ? [] : [`-${item}`])),
    ...after.flatMap(([item, state]) => (was.has(item) && was.get(item) !== state ? [`${item} now ${state === '' ? 'ready' : state}`] : [])),
  ]
  return changes.length === 0 ? ['order'] : changes
}

function shown([item, state]: Stated): string {
  return state === '' ? item : `${item} (${state})`
}

function counted(entries: readonly Stated[]): string {
  const few = entries.slice(0, 3).map(shown).join(', ')
  return entries.length > 3 ? `${entries.length} addresses: ${few}, ...` : entries.length === 0 ? 'no addresses' : few
}
