import { type NamespaceState } from './ports.ts'

/** Why nothing can be made in a namespace; undefined where it can, or where its state is not known. */
export function namespaceFault(namespace: string, state: NamespaceState | undefined): string | undefined {
  if (state === 'missing') return `Namespace ${namespace} does not exist: it has to be made first`
  if (state === 'terminating') return `Namespace ${namespace} is terminating`
  return undefined
}
