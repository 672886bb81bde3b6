import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { cluster } from './cluster.ts'

/** Runs the real kubectl, by default as the administrator, and returns its standard output. Rejects with what it said when it fails. */
export async function kubectl(args: readonly string[], input?: string, kubeconfig = cluster().kubeconfig): Promise<string> {
  const { kubectlFile, dir } = cluster()
  return new Promise((resolve, reject) => {
    const child = execFile(kubectlFile, args, {
      // Neither the person's own kubectl preferences nor anything left in their home.
      env: { ...process.env, KUBECONFIG: kubeconfig, KUBERC: 'off', KUBECACHEDIR: join(dir, 'kubectl-cache') }, timeout: 60_000, maxBuffer: 256 * 1024 * 1024,
    }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(`kubectl ${args.join(' ')}: exit ${error.code ?? 'by signal'}\n${stderr}${stdout}`))
    })
    // kubectl may end before it has read everything.
    child.stdin?.on('error', () => undefined).end(input ?? '')
  })
}
