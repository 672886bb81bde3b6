import { BinariesUnavailable, binary, binaryFiles, controlPlaneBinaries } from './binaries.ts'
import { type ClusterState, publishCluster } from './cluster.ts'
import { startControlPlane } from './control-plane.ts'
import { foreignCluster } from './foreign-cluster.ts'
import { atTeardown } from './global-teardown.ts'

/** Jest calls it once a run, and only when a cluster suite is among the tests. It never throws: the suites tell what it found. */
async function setUp(): Promise<void> {
  publishCluster(await findOrStart())
}

async function findOrStart(): Promise<ClusterState> {
  try {
    const kubeconfig = process.env['TEST_KUBECONFIG']
    if (kubeconfig === undefined || kubeconfig === '') return await startOwn()
    return { state: 'running', connection: await foreignCluster(kubeconfig, atTeardown) }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { state: error instanceof BinariesUnavailable && process.env['CI'] !== 'true' ? 'skipped' : 'failed', reason }
  }
}

async function startOwn(): Promise<ClusterState> {
  // All of them at once, so that the count in the build's progress is true.
  await binaryFiles(controlPlaneBinaries())
  const plane = await startControlPlane()
  atTeardown(plane.stop)
  return { state: 'running', connection: { ...plane, kubectlFile: await binary('kubectl') } }
}

export { setUp as default }
