/**
 * What a cluster has beyond the API; suites name what they cannot do without. `own`: this machine can start control planes,
 * and this one is such.
 */
export type Capability = 'controllerManager' | 'dualStack' | 'requestLog' | 'own'

/** How to reach an API server as its administrator. JSON, since it travels to the test workers in an environment variable. */
export interface Connection {
  /** A kubeconfig file of the administrator. */
  readonly kubeconfig: string
  readonly server: string
  readonly caFile: string
  readonly capabilities: readonly Capability[]
  /** A folder for files that are of no use without the cluster. It is removed with it. */
  readonly dir: string
  readonly token?: string
  /** PEM, where the administrator is known by a certificate. */
  readonly clientCertificate?: { readonly cert: string; readonly key: string }
  /** The audit log, one JSON event a line. */
  readonly auditLog?: string
}
