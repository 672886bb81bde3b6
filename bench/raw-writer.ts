// The yardstick for a cold sync: the same bodies in the same order by undici alone, as many services side by side.
// Reads a `List` as `render -o json` prints it; argument: the file.
import { readFileSync } from 'node:fs'
import { closeAll, connections, send } from './raw-access.ts'

interface Written {
  readonly kind: string
  readonly apiVersion: string
  readonly metadata: { readonly name: string; readonly namespace: string; readonly uid?: string; readonly labels?: Readonly<Record<string, string>> }
}

const { items } = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as { items: readonly Written[] }
const queue = groupByService(items)
await Promise.all(Array.from({ length: connections }, worker))
await closeAll()

async function worker(): Promise<void> {
  for (let group = queue.pop(); group !== undefined; group = queue.pop()) {
    let ownerReferences: unknown
    for (const object of group) {
      const body = ownerReferences === undefined ? object : { ...object, metadata: { ...object.metadata, ownerReferences } }
      const { metadata } = await send('POST', collectionOf(object), JSON.stringify(body)) as Written
      ownerReferences ??= [{ apiVersion: 'v1', kind: 'Service', name: metadata.name, uid: metadata.uid, controller: true }]
    }
  }
}

function groupByService(objects: readonly Written[]): Written[][] {
  const groups = new Map<string, Written[]>()
  for (const object of objects) {
    const name = object.metadata.labels?.['kubernetes.io/service-name'] ?? object.metadata.name
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [object])
    else group.push(object)
  }
  return [...groups.values()].reverse()
}

function collectionOf({ apiVersion, kind, metadata }: Written): string {
  const plural = kind === 'Endpoints' ? 'endpoints' : `${kind.toLowerCase()}s`
  const prefix = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  return `${prefix}/namespaces/${metadata.namespace}/${plural}?fieldManager=raw&fieldValidation=Strict`
}
