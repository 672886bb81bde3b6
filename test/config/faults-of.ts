import { ConfigFault, renderFault } from '../../src/config/config-fault.ts'
import { type Declared } from '../../src/model/declared.ts'

/** The rendered faults of a config that must not load. */
export async function faultsOf(loading: Promise<Declared>): Promise<readonly string[]> {
  try {
    await loading
  } catch (error) {
    if (error instanceof ConfigFault) return error.faults.map(renderFault)
    throw error
  }
  throw new Error('The config was loaded')
}
