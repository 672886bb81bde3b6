// The yardstick for a sync with nothing to change: parses the same config with `yaml` alone, and lists and parses the
// same objects with undici alone. Arguments: a namespace, then the config files.
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { closeAll, send } from './raw-access.ts'

interface List {
  readonly items: readonly unknown[]
  readonly metadata: { readonly continue?: string }
}

const [namespace = '', ...files] = process.argv.slice(2)
const services = files.flatMap((file) => (parse(readFileSync(file, 'utf8')) as { services: unknown[] }).services)
const kinds = ['/api/v1/services', '/api/v1/endpoints', '/apis/discovery.k8s.io/v1/endpointslices'].map((path) => path.replace(/(?=\/[^/]+$)/, `/namespaces/${namespace}`))
const objects = (await Promise.all(kinds.map(listAll))).flat()
await closeAll()
process.stdout.write(`${services.length} services, ${objects.length} objects\n`)

async function listAll(path: string): Promise<unknown[]> {
  const found: unknown[] = []
  for (let token: string | undefined; token !== '';) {
    const from: string = token === undefined ? '' : `&continue=${encodeURIComponent(token)}`
    const page = await send('GET', `${path}?limit=500${from}`) as List
    found.push(...page.items)
    token = page.metadata.continue ?? ''
  }
  return found
}
