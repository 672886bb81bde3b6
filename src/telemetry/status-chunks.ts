import { setImmediate as turn } from 'node:timers/promises'
import { serviceKey } from '../model/declared.ts'
import { type RunStatus } from '../model/run-status.ts'

const servicesAtOnce = 200

/**
 * The status as JSON, in pieces, so that 10,000 services do not hold up the probes; with `only`, of the service of this key
 * alone.
 */
export async function* statusChunks({ services, ...run }: RunStatus, only: string | undefined): AsyncGenerator<string> {
  const asked = only === undefined ? services : services.filter((service) => serviceKey(service) === only)
  yield `${JSON.stringify(run).slice(0, -1)},"services":[`
  for (let from = 0; from < asked.length; from += servicesAtOnce) {
    const texts = asked.slice(from, from + servicesAtOnce).map((service) => JSON.stringify(service))
    yield `${from === 0 ? '' : ','}\n${texts.join(',\n')}`
    await turn()
  }
  yield ']}\n'
}
