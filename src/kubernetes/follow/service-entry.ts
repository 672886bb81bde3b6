// What is kept under one service's name, with one object more or less.

import { type CurrentService, type EndpointSlice, type ManagedObject } from '../../model/objects.ts'

/** With this object in the place of the one of its kind and name. Slices stay in the order of their names, as they are listed. */
export function withObject(entry: CurrentService, object: ManagedObject): CurrentService {
  switch (object.kind) {
    case 'Service': return { ...entry, service: object }
    case 'Endpoints': return { ...entry, endpoints: object }
    case 'EndpointSlice': return { ...entry, slices: [...otherSlices(entry, object), object].sort(byName) }
  }
}

export function withoutObject(entry: CurrentService, object: ManagedObject): CurrentService {
  switch (object.kind) {
    case 'Service': {
      const { service: _service, ...rest } = entry
      return rest
    }
    case 'Endpoints': {
      const { endpoints: _endpoints, ...rest } = entry
      return rest
    }
    case 'EndpointSlice': return { ...entry, slices: otherSlices(entry, object) }
  }
}

export function objectsOf({ service, slices, endpoints }: CurrentService): readonly ManagedObject[] {
  return [service, ...slices, endpoints].filter((object) => object !== undefined)
}

function otherSlices({ slices }: CurrentService, { metadata: { name } }: ManagedObject): readonly EndpointSlice[] {
  return slices.filter(({ metadata }) => metadata.name !== name)
}

function byName(a: EndpointSlice, b: EndpointSlice): number {
  return a.metadata.name === b.metadata.name ? 0 : a.metadata.name < b.metadata.name ? -1 : 1
}
