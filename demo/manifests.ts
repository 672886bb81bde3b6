import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'

interface Slice {
  readonly kind: string
  readonly endpoints?: readonly { readonly addresses: readonly string[]; readonly conditions?: { readonly ready?: boolean } }[] | null
}

/** Where the manifest of a service is. */
export function manifestOf(folder: string, service: string): string {
  return join(folder, 'manifests', 'shop', `${service}.yaml`)
}

/** The addresses to which the manifest of a service leads, sorted; undefined where there is none. */
export async function readyAddresses(folder: string, service: string): Promise<readonly string[] | undefined> {
  const text = await readFile(manifestOf(folder, service), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const slices = parseAllDocuments(text).map((document) => document.toJS() as Slice).filter(({ kind }) => kind === 'EndpointSlice')
  const endpoints = slices.flatMap((slice) => slice.endpoints ?? [])
  return endpoints.flatMap(({ addresses, conditions }) => (conditions?.ready === false ? [] : addresses)).sort()
}
