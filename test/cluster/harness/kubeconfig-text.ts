export interface KubeconfigParts {
  readonly server: string
  /** PEM. */
  readonly ca: string
  readonly user: string
  readonly token: string
}

/** A kubeconfig of one context, in JSON, which is YAML too. */
export function kubeconfigText({ server, ca, user, token }: KubeconfigParts): string {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') } }],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user } }],
    'current-context': 'test',
  }
  return JSON.stringify(config, undefined, 2)
}
