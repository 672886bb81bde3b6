import { ClusterError } from './cluster-error.ts'

/** The items of a list; null is none. Throws ClusterError where it is no list: taken for an empty one, everything would have gone. */
export function itemsOf(answer: unknown): readonly unknown[] {
  const { items } = (answer ?? {}) as { readonly items?: unknown }
  if (items === null) return []
  if (!Array.isArray(items)) throw new ClusterError('The answer is no list, so this is no API server', { reason: 'NotAList', retryable: false })
  return items
}
