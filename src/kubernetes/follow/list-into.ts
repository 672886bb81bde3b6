import { type KubernetesClient } from '../client.ts'
import { hasStatus } from '../cluster-error.ts'
import { listPages } from '../list-pages.ts'
import { type ObjectEvent, type Versioned } from './watch-event.ts'

/** Where what is listed and watched of one collection goes. */
export interface Sink<T extends Versioned> {
  /** A list begins. `last` is the version up to which the collection was known before. */
  begin(last: string | undefined): Listing<T>
  take(event: ObjectEvent<T>): void
}

/** One list on its way into a sink, page by page, so that there are never two copies of everything. */
export interface Listing<T extends Versioned> {
  /** `version` is that of the snapshot, the same for each page. */
  page(items: readonly T[], version: string): void
  /** All was listed: what was not named is gone. */
  end(): void
}

interface ListCourse<T extends Versioned> {
  readonly client: Pick<KubernetesClient, 'call'>
  readonly path: string
  readonly sink: Sink<T>
  readonly last: string | undefined
}

const mostStarts = 3

/** Lists everything and answers with the version that a watch can begin at. Rejects with ClusterError. */
export async function listInto<T extends Versioned>(course: ListCourse<T>, signal: AbortSignal): Promise<string> {
  for (let starts = 1; ; starts += 1) {
    const version = await listOnce(course, starts < mostStarts, signal)
    if (version !== undefined) return version
  }
}

/** Undefined where the snapshot was compacted away between two pages, and another try is worth it. */
async function listOnce<T extends Versioned>(
  { client, path, sink, last }: ListCourse<T>, isWorthAnother: boolean, signal: AbortSignal,
): Promise<string | undefined> {
  const listing = sink.begin(last)
  let from = ''
  try {
    for await (const { items, version } of listPages<T>(client, path, {}, signal)) {
      listing.page(items, version)
      from = version
    }
  } catch (error) {
    if (isWorthAnother && hasStatus(error, 410)) return undefined
    throw error
  }
  listing.end()
  return from
}
