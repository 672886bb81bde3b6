import { type KubernetesClient } from './client.ts'
import { itemsOf } from './items-of.ts'

export interface Page<T> {
  readonly items: readonly T[]
  /** Of the snapshot that all pages are cut from: a watch can begin here. */
  readonly version: string
}

interface ListAnswer {
  readonly metadata?: { readonly continue?: string; readonly resourceVersion?: string }
}

const pageSize = '500'

/** One list, page by page. Rejects with ClusterError; with status 410 where the snapshot was compacted away meanwhile. */
export async function* listPages<T>(
  client: Pick<KubernetesClient, 'call'>, path: string, selectors: Readonly<Record<string, string>>, signal: AbortSignal,
): AsyncGenerator<Page<T>> {
  let position: { readonly continue?: string } = {}
  do {
    const page = await client.call({ method: 'GET', path, query: { limit: pageSize, ...selectors, ...position } }, signal) as ListAnswer
    yield { items: itemsOf(page) as readonly T[], version: page.metadata?.resourceVersion ?? '' }
    const token = page.metadata?.continue ?? ''
    position = token === '' ? {} : { continue: token }
  } while (position.continue !== undefined)
}
