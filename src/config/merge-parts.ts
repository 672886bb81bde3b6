import { addressPolicy } from '../address/address-policy.ts'
import { type Declared, type Guard } from '../model/declared.ts'
import { type Fault, renderPosition } from './config-fault.ts'
import { type ConfigPart, type ServicePart, type Singles } from './config-part.ts'
import { show } from './found.ts'
import { guardSchema, resolverSchema } from './schema.ts'

// What one Endpoints object may hold, and in this mode there is nothing else.
const mostEndpoints = 1000

// While the guard itself is faulty, only what it could never permit is refused.
const faultyGuard: Guard = { ...guardSchema.parse({}), permitLoopback: true }

/** Joins what the files say and finds the faults between them. `isWhole` is false when a file or a part of one could not be read. */
export function mergeParts(parts: readonly ConfigPart[], isWhole: boolean): { readonly declared: Declared; readonly faults: readonly Fault[] } {
  const places = parts.flatMap((part) => part.singlePlaces)
  const services = parts.flatMap((part) => part.services)
  const isSaid = (key: keyof Singles): boolean => places.some((place) => place.key === key)
  const singles: Singles = {
    instance: '',
    publish: 'both',
    guard: isSaid('guard') ? faultyGuard : guardSchema.parse({}),
    resolver: resolverSchema.parse({}),
    schedule: '*/10 * * * *',
    writeDebounceMs: 50,
    ...firstSingles(parts),
  }
  const faults = [...doubledSingles(places), ...doubledServices(services), ...refusedAddresses(services, singles.guard)]
  if (isWhole && !isSaid('instance')) faults.push(missingInstance(parts))
  if (singles.publish === 'endpoints') faults.push(...services.filter(({ addresses }) => addresses.length > mostEndpoints).map(tooMany))
  const declared = { ...singles, services: parts.flatMap((part) => part.declared), warnings: parts.flatMap((part) => part.warnings) }
  return { declared, faults }
}

function firstSingles(parts: readonly ConfigPart[]): Partial<Singles> {
  return parts.toReversed().reduce<Partial<Singles>>((singles, part) => ({ ...singles, ...part.singles }), {})
}

function doubledSingles(places: ConfigPart['singlePlaces']): Fault[] {
  return places.flatMap(({ key, place }): Fault[] => {
    const first = places.find((other) => other.key === key)?.place ?? place
    return first === place ? [] : [{ ...place, message: `Duplicate key ${key}: it stands once in all files, first at ${renderPosition(first)}` }]
  })
}

function doubledServices(services: readonly ServicePart[]): Fault[] {
  const first = new Map<string, ServicePart>()
  return services.flatMap((service): Fault[] => {
    const { key, place } = service
    const earlier = key === undefined ? undefined : first.get(key)
    if (key !== undefined && earlier === undefined) first.set(key, service)
    return earlier === undefined ? [] : [{ ...place, message: `Duplicate service ${key ?? ''}: first declared at ${renderPosition(earlier.place)}` }]
  })
}

function missingInstance(parts: readonly ConfigPart[]): Fault {
  const start = parts[0]?.start ?? { file: '-', line: 1, column: 1 }
  return { ...start, message: 'Missing key: instance, which says whose objects are whose' }
}

function refusedAddresses(services: readonly ServicePart[], guard: Guard): Fault[] {
  const refuse = addressPolicy({ allowed: [guard.allowedCIDRs], denied: guard.deniedCIDRs, own: new Map(), permitLoopback: guard.permitLoopback })
  return services.flatMap(({ addresses }) => addresses.flatMap(({ text, place }): Fault[] => {
    const reason = refuse(text)
    return reason === undefined ? [] : [{ ...place, message: `Cannot use address ${show(text)}: ${reason}` }]
  }))
}

function tooMany({ place, addresses }: ServicePart): Fault {
  return { ...place, message: `Cannot publish ${addresses.length} addresses as Endpoints alone: at most ${mostEndpoints}` }
}
