// npm run cluster: the tests' control plane for a person. Ends on Ctrl-C with everything removed.
// npm run cluster -- --build-only [coredns ...]: only makes the binaries, those of the control plane and the named ones.
import { dirname } from 'node:path'
import { binary, binaryFiles, controlPlaneBinaries, isBinaryName } from './harness/binaries.ts'
import { startControlPlane } from './harness/control-plane.ts'

const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => { interrupted.abort(new Error(signal)) })

try {
  await binaryFiles([...new Set([...controlPlaneBinaries(), ...process.argv.filter(isBinaryName)])], interrupted.signal)
  if (!process.argv.includes('--build-only')) await serve(interrupted.signal)
} catch (error) {
  if (!interrupted.signal.aborted) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
}

async function serve(signal: AbortSignal): Promise<void> {
  const plane = await startControlPlane({ signal })
  process.stdout.write(`export KUBECONFIG=${plane.kubeconfig}\nexport PATH=${dirname(await binary('kubectl'))}:$PATH\n`)
  process.stderr.write(`\nkube-apiserver at ${plane.server}, logs in ${plane.dir}; Ctrl-C ends it and removes everything\n`)
  await plane.ended()
  if (!signal.aborted) throw new Error('The control plane ended by itself')
}
