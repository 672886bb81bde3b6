import { type Declared, type DeclaredService, serviceKey } from '../model/declared.ts'
import { checkDefaultHealth } from './check-health.ts'
import { type WrittenSchedule } from './check-schedule.ts'
import { checkService, namespaceOf, type ServiceEntry } from './check-service.ts'
import { type TargetEntry } from './check-targets.ts'
import { type Fault, type Position, renderFault, renderPosition } from './config-fault.ts'
import { declareService, type Defaults } from './declare-service.ts'
import { describeIssue } from './describe-issue.ts'
import { entriesOf, fieldsOf, type Found, isMapping } from './found.ts'
import { type DocumentInput, documentSchema, singleSchemas } from './schema.ts'
import { parseYaml, type YamlDocument } from './yaml-file.ts'

/** What stands in one file only. */
export type Singles = Pick<Declared, 'instance' | 'publish' | 'guard' | 'resolver' | 'schedule' | 'writeDebounceMs'>

export interface ServicePart {
  /** `namespace/name` when both could be read. */
  readonly key: string | undefined
  readonly place: Position
  /** Fixed addresses, to be held against the guard, which may stand in another file. */
  readonly addresses: readonly { readonly text: string; readonly place: Position }[]
}

/** What one file says. The YAML tree is gone by then: 20 files with their trees would be too much to keep. */
export interface ConfigPart {
  /** Where it begins. */
  readonly start: Position
  /** Not so when its YAML has faults: what it lacks may stand there. */
  readonly isWhole: boolean
  /** Those of them that are free of faults. */
  readonly singles: Partial<Singles>
  /** Where each of them stands, faulty or not. */
  readonly singlePlaces: readonly { readonly key: keyof Singles; readonly place: Position }[]
  /** Still to be read as cron expressions. */
  readonly schedules: readonly WrittenSchedule[]
  readonly services: readonly ServicePart[]
  /** Complete only when there are no faults. */
  readonly declared: readonly DeclaredService[]
  readonly faults: readonly Fault[]
  readonly warnings: readonly string[]
}

interface Draft {
  readonly start: Position
  readonly isWhole: boolean
  readonly singles: Partial<Singles>
  readonly singlePlaces: { readonly key: keyof Singles; readonly place: Position }[]
  readonly schedules: WrittenSchedule[]
  readonly services: ServicePart[]
  readonly declared: DeclaredService[]
  readonly faults: Fault[]
  readonly warnings: string[]
}

/** Reads and checks one file for itself. */
export function readConfigPart(file: string, text: string): ConfigPart {
  const yaml = parseYaml(file, text)
  const start = yaml.documents[0]?.locate([]) ?? { file, line: 1, column: 1 }
  const draft: Draft = { start, isWhole: yaml.faults.length === 0 && yaml.documents.every(({ data }) => isMapping(data)), singles: {}, singlePlaces: [], schedules: [], services: [], declared: [], faults: [...yaml.faults], warnings: [] }
  const holders = yaml.documents.filter(({ data }) => isMapping(data) && data['defaults'] !== undefined)
  for (const second of holders.slice(1)) draft.faults.push(twice('defaults', second, holders[0] ?? second))
  const defaults = fieldsOf<'defaults'>(holders[0]?.data).defaults
  for (const document of yaml.documents) readDocument(document, defaults, draft)
  return draft
}

function readDocument(document: YamlDocument, defaults: unknown, draft: Draft): void {
  const data = isMapping(document.data) ? withoutExtensions(document.data) : document.data
  const parsed = documentSchema.safeParse(data)
  const services: readonly ServiceEntry[] = entriesOf(fieldsOf<'services'>(data).services, ['services'])
  const found = parsed.success ? [] : parsed.error.issues.flatMap((issue) => describeIssue(issue, data))
  found.push(...checkDefaultHealth(fieldsOf<'healthCheck'>(fieldsOf<'defaults'>(data).defaults).healthCheck, ['defaults', 'healthCheck']))
  found.push(...checkResolver(fieldsOf<'resolver'>(data).resolver))
  const parts = services.map((service) => {
    const { faults, warnings, targets } = checkService(service, defaults)
    found.push(...faults)
    for (const warning of warnings) draft.warnings.push(renderFault(placed(warning, document)))
    return servicePart(service, targets, defaults, document)
  })
  readSingles(fieldsOf<keyof Singles>(data), document, draft)
  draft.services.push(...parts)
  draft.faults.push(...found.map((one) => placed(one, document)))
  // The defaults were judged with the document that holds them; faulty ones stop the config anyway.
  if (parsed.success && draft.faults.length === 0) draft.declared.push(...declareServices(parsed.data, defaults, parts))
}

function declareServices(data: DocumentInput, defaults: unknown, parts: readonly ServicePart[]): DeclaredService[] {
  const parsed: Defaults = documentSchema.shape.defaults.safeParse(defaults).data ?? {}
  return (data.services ?? []).map((service, index) => {
    const place = parts[index]?.place
    return declareService(service, parsed, place === undefined ? '' : renderPosition(place))
  })
}

function servicePart({ path, value }: ServiceEntry, targets: readonly TargetEntry[], defaults: unknown, { locate }: YamlDocument): ServicePart {
  const namespace = namespaceOf(value, defaults)
  const { name } = value
  const addresses = targets.flatMap((target) => {
    const text = target.value.address
    return typeof text === 'string' ? [{ text, place: locate([...target.path, 'address']) }] : []
  })
  const key = typeof namespace === 'string' && typeof name === 'string' ? serviceKey({ namespace, name }) : undefined
  return { key, place: locate(path), addresses }
}

function readSingles(fields: Readonly<Partial<Record<keyof Singles, unknown>>>, { locate }: YamlDocument, draft: Draft): void {
  for (const key of ['instance', 'publish', 'guard', 'resolver', 'schedule', 'writeDebounceMs'] as const) {
    if (fields[key] === undefined) continue
    draft.singlePlaces.push({ key, place: locate([key], 'key') })
    const value = singleSchemas[key].safeParse(fields[key]).data
    if (value !== undefined) Object.assign(draft.singles, { [key]: value })
    if (key === 'schedule' && typeof value === 'string') draft.schedules.push({ text: value, place: locate([key]) })
  }
}

function checkResolver(resolver: unknown): Found[] {
  const { minTTLSeconds: least = 5, maxTTLSeconds: most = 3600 } = fieldsOf<'minTTLSeconds' | 'maxTTLSeconds'>(resolver)
  if (typeof least !== 'number' || typeof most !== 'number' || least <= most) return []
  return [{ path: ['resolver', 'minTTLSeconds'], message: `Cannot use minTTLSeconds ${least}: must be at most maxTTLSeconds, which is ${most}` }]
}

function withoutExtensions(data: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(data).filter(([key]) => !key.startsWith('x-')))
}

function twice(key: string, second: YamlDocument, first: YamlDocument): Fault {
  const message = `Duplicate key ${key}: it stands once in a file, first at ${renderPosition(first.locate([key], 'key'))}`
  return { ...second.locate([key], 'key'), message }
}

function placed({ path, on, message }: Found, document: YamlDocument): Fault {
  return { ...document.locate(path, on), message }
}
