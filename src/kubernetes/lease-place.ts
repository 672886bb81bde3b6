// Which lease it is, and as whom we stand for it.

import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { type KubernetesClient } from './client.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The lease of an instance, as `sync` looks for it too. */
export function leaseName(instance: string): string {
  return `endpoint-registrar-${instance}`
}

/** The Pod's own namespace; outside of a Pod `default`, whatever the context of the kubeconfig says. */
export function leaseNamespace({ namespace }: Pick<KubernetesClient, 'namespace'>, env: Environment = process.env): string {
  return (env['KUBERNETES_SERVICE_HOST'] === undefined ? undefined : namespace) ?? 'default'
}

/** One process: a Pod that is restarted under its name is another one, which has to wait for the lease of the first. */
export function leaseIdentity(env: Environment = process.env): string {
  const name = env['POD_NAME'] ?? ''
  return `${name === '' ? hostname() : name}_${randomBytes(4).toString('hex')}`
}
