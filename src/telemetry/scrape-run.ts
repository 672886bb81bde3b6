// Numbers of the controller itself, as they are at the moment of the scrape.

import { type RunStatus } from '../model/run-status.ts'
import { secondsOf } from './scrape-services.ts'
import { labelsText, type Scraped, scrapedNumber } from './scraped.ts'

export interface RunFacts {
  readonly status: () => RunStatus
  /** ms since the epoch. */
  readonly heardAt: () => number | undefined
  readonly isNetworkInDoubt: () => boolean
}

export function runSeries({ status, heardAt, isNetworkInDoubt }: RunFacts): readonly Scraped[] {
  return [
    { name: 'build_info', kind: 'gauge', help: 'Always 1; which version runs, for which instance.',
      samples: () => [[labelsText({ version: status().version, registrar_instance: status().instance }), 1]] },
    { name: 'queue_depth', kind: 'gauge', help: 'Services that wait to be looked at, and that are being looked at.',
      samples: () => (['waiting', 'working'] as const).map((state) => [labelsText({ state }), status().queue[state]]) },
    scrapedNumber('leading', 'Whether this process holds the lease and writes.', () => Number(status().isLeading)),
    scrapedNumber('config_fault', 'Whether the last config that was read was refused: the one before it holds.', () => Number(status().config.fault !== undefined)),
    scrapedNumber('config_last_success_timestamp_seconds', 'When the config that holds was taken.', () => secondsOf(status().config.takenAt)),
    scrapedNumber('last_resync_timestamp_seconds', 'When the last full resync was done; missing before the first.', () => {
      const { resyncedAt } = status()
      return resyncedAt === undefined ? undefined : secondsOf(resyncedAt)
    }),
    scrapedNumber('withheld_deletions', 'Deletions of Services that the guard withholds.', () => status().guard?.deletions ?? 0),
    scrapedNumber('network_in_doubt', "Whether the registrar's own network is in doubt, so that verdicts stand as they were.", () => Number(isNetworkInDoubt())),
    scrapedNumber('watch_last_heard_timestamp_seconds', 'Last sign of life of the slowest watch; missing before the first.', () => {
      const at = heardAt()
      return at === undefined ? undefined : at / 1000
    }),
  ]
}
