import { parseAllDocuments } from 'yaml'
import { serviceNameLabel } from '../model/marks.ts'
import { type CurrentService, type Endpoints, type EndpointSlice, type ManagedObject, type Service } from '../model/objects.ts'
import { manifestSchema } from './manifest-schema.ts'
import { withoutClusterFields } from './without-cluster-fields.ts'

interface Home {
  readonly namespace: string
  readonly name: string
}

/** What one service's file holds. Anything that is not of this service makes the whole file `unreadable`. */
export function parseManifest(text: string, { namespace, name }: Home): CurrentService {
  const nothing = { namespace, name, slices: [] }
  const documents = documentsOf(text)
  if (typeof documents === 'string') return { ...nothing, unreadable: documents }
  const objects: ManagedObject[] = []
  for (const document of documents) {
    const fault = faultOf(document, { namespace, name }, objects)
    if (fault !== undefined) return { ...nothing, unreadable: fault }
    objects.push(withoutClusterFields(document as ManagedObject))
  }
  return grouped(objects, { namespace, name })
}

/** Every document that is not empty, or why there are none. */
function documentsOf(text: string): readonly unknown[] | string {
  const documents = parseAllDocuments(text)
  if (!Array.isArray(documents)) return []
  const [fault] = documents.flatMap(({ errors }) => errors)
  if (fault !== undefined) return `Not YAML: ${firstLine(fault.message)}`
  try {
    return documents.map((document) => document.toJS() as unknown).filter((value) => value !== null)
  } catch (error) {
    // An alias without an anchor, or aliases of aliases that would fill the memory.
    return `Not YAML: ${firstLine(error instanceof Error ? error.message : String(error))}`
  }
}

function faultOf(document: unknown, { namespace, name }: Home, before: readonly ManagedObject[]): string | undefined {
  const { success, error } = manifestSchema.safeParse(document)
  if (!success) return `Not a Service, EndpointSlice or Endpoints: ${describe(error.issues)}`
  const object = document as ManagedObject
  const { kind, metadata } = object
  if (metadata.namespace !== namespace || serviceOf(object) !== name) return `Holds what is not of this service: ${kind} ${metadata.namespace}/${metadata.name}`
  const isTwice = before.some((other) => other.kind === kind && other.metadata.name === metadata.name)
  return isTwice ? `Holds an object twice: ${kind} ${metadata.name}` : undefined
}

function serviceOf({ kind, metadata }: ManagedObject): string | undefined {
  return kind === 'EndpointSlice' ? metadata.labels?.[serviceNameLabel] : metadata.name
}

function describe(issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[]): string {
  return issues.slice(0, 1).map(({ path, message }) => [...path, message].join(': ')).join()
}

function grouped(objects: readonly ManagedObject[], home: Home): CurrentService {
  const service = objects.find((object): object is Service => object.kind === 'Service')
  const endpoints = objects.find((object): object is Endpoints => object.kind === 'Endpoints')
  const slices = objects.filter((object): object is EndpointSlice => object.kind === 'EndpointSlice')
  return { ...home, slices, ...(service !== undefined && { service }), ...(endpoints !== undefined && { endpoints }) }
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').replace(/:$/, '')
}
