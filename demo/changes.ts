// What changes in the outside world while `run` watches it, one after the other, and what is to come of it.

import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { silence } from '../test/support/dns-behaviours.ts'
import { liveConfig } from './live-config.ts'
import { manifestOf, readyAddresses } from './manifests.ts'
import { type LogLine } from './log-text.ts'
import { apiAddress, type Outside } from './outside-world.ts'
import { type Change } from './show-change.ts'

const host = 'orders-db.example.com'

export interface Stage {
  readonly folder: string
  /** Where the config stands, in the folder. */
  readonly config: string
  readonly outside: Outside
  /** Where databases are. */
  readonly databases: readonly [string, string, string]
}

/** `admin` is where the admin port is. */
export function start({ folder, outside: { dns }, databases: [first, , third] }: Stage, admin: string): Change {
  return {
    what: 'It takes what the manifests say for granted, asks DNS, probes, and is ready when it knows.',
    act: () => { dns.host(host, [first, third], 1); return Promise.resolve() },
    then: 'ready: everything was read and looked at once, and nothing had to be written',
    isSo: async (said) => hasWrittenNothing(said) && await isReady(admin, said) && await leadsTo(folder, 'orders-db', [first, third])(),
  }
}

export function targetsDieAndDnsFails(stage: Stage): readonly Change[] {
  return [...changesOfTargets(stage), ...dnsFails(stage)]
}

/** While DNS is silent and a database is down. */
export function startAgain({ folder, databases: [, second] }: Stage, admin: string): Change {
  return {
    what: 'DNS is silent, it remembers nothing of its own, and a target is down.',
    act: () => Promise.resolve(),
    then: 'ready: the manifests say what it has to know, so nothing changes',
    isSo: async (said) => hasWrittenNothing(said) && await isReady(admin, said) && await leadsTo(folder, 'orders-db', [second])(),
  }
}

export function theRest(stage: Stage): readonly Change[] {
  return [dnsIsBack(stage), ...changesOfManifests(stage), ...outage(stage), ...changesOfConfig(stage)]
}

function changesOfTargets({ folder, outside, databases: [first, , third] }: Stage): readonly Change[] {
  return [
    {
      what: `The database at ${third} dies.`,
      act: () => outside.kill(third),
      then: `orders-db leads to ${first} alone`,
      isSo: leadsTo(folder, 'orders-db', [first]),
    },
    {
      what: 'It comes back.',
      act: () => outside.revive(third),
      then: 'orders-db leads to both again',
      isSo: leadsTo(folder, 'orders-db', [first, third]),
    },
  ]
}

function dnsFails({ folder, outside, databases: [first, second, third] }: Stage): readonly Change[] {
  const { dns } = outside
  return [
    {
      what: `The host moves: DNS (TTL 1 s) names ${second} instead of ${third}.`,
      act: async () => { await outside.revive(second); dns.host(host, [first, second], 1) },
      then: `orders-db leads to ${first} and ${second}`,
      isSo: leadsTo(folder, 'orders-db', [first, second]),
    },
    {
      what: 'DNS falls silent.',
      act: () => { dns.answer(host, 'A', silence()); return Promise.resolve() },
      then: 'it is said, and what serves is kept',
      isSo: async (said) => hasSaid(said, { host, outcome: 'unknown' }) && await leadsTo(folder, 'orders-db', [first, second])(),
    },
    {
      what: `DNS is silent, and the database at ${first} dies.`,
      act: () => outside.kill(first),
      then: `orders-db leads to ${second} alone: probing needs no DNS`,
      isSo: leadsTo(folder, 'orders-db', [second]),
    },
  ]
}

function dnsIsBack({ folder, outside, databases: [first, second] }: Stage): Change {
  return {
    what: 'The database is back, and DNS speaks again.',
    act: async () => { await outside.revive(first); outside.dns.host(host, [first, second], 1) },
    then: 'orders-db leads to both, and nothing is stale',
    isSo: async (said) => hasSaid(said, { host, outcome: 'found' }) && await leadsTo(folder, 'orders-db', [first, second])(),
  }
}

function changesOfManifests({ folder, databases: [first, second] }: Stage): readonly Change[] {
  const manifest = manifestOf(folder, 'orders-db')
  return [
    {
      what: 'Somebody deletes a manifest.',
      act: () => rm(manifest),
      then: 'it is there again',
      isSo: leadsTo(folder, 'orders-db', [first, second]),
    },
    {
      what: 'Somebody edits it: another address.',
      act: async () => { await writeFile(manifest, (await readFile(manifest, 'utf8')).replaceAll(second, '198.51.100.66')) },
      then: 'it is as it was',
      isSo: leadsTo(folder, 'orders-db', [first, second]),
    },
  ]
}

function outage({ folder, outside, databases: [first, second] }: Stage): readonly Change[] {
  return [
    {
      what: 'Nothing answers any more: neither databases nor API.',
      // Probes of the API are 2 s apart, those of the databases 1 s: so all fail within one period of the API's, whatever their phases.
      act: async () => { await outside.kill(apiAddress); await sleep(500); await Promise.all([first, second].map(outside.kill)) },
      then: 'its own network is in doubt, and what serves stays published',
      isSo: async (said) => hasSaid(said, { message: 'Own network is in doubt: verdicts stand as they were' }) && await leadsTo(folder, 'rates-api', [apiAddress])(),
    },
    {
      what: 'All of it is back.',
      act: () => Promise.all([first, second, apiAddress].map(outside.revive)),
      then: 'its network is trusted again, and orders-db leads to both',
      isSo: async (said) => hasSaid(said, { message: 'Own network is trusted again' }) && await leadsTo(folder, 'orders-db', [first, second])(),
    },
  ]
}

function changesOfConfig({ folder, config, outside, databases: [, second] }: Stage): readonly Change[] {
  const file = join(folder, config)
  return [
    {
      what: 'The config is edited, with a fault in it.',
      act: () => writeFile(file, liveConfig(outside, ['orders-db']).replace('failureThreshold', 'failureTreshold')),
      then: 'the last good one holds, and rates-api stays',
      isSo: async (said) => hasSaid(said, { message: 'Refused config: the last good one holds, and nothing is pruned' }) && await leadsTo(folder, 'rates-api', [apiAddress])(),
    },
    {
      what: 'The config is edited: reports-db comes, rates-api goes.',
      act: () => writeFile(file, liveConfig(outside, ['orders-db', 'reports-db'])),
      then: `reports-db leads to ${second}, and rates-api is gone`,
      isSo: async () => await leadsTo(folder, 'reports-db', [second])() && await readyAddresses(folder, 'rates-api') === undefined,
    },
    {
      what: `The database at ${second} dies: the only one that reports-db has.`,
      act: () => outside.kill(second),
      then: `reports-db leads there all the same (whenAllUnready: publishAll), and it is said`,
      isSo: async (said) => said.some((line) => line['service'] === 'shop/reports-db' && String(line['messages']).includes('publishAll')) && await leadsTo(folder, 'reports-db', [second])(),
    },
  ]
}

function leadsTo(folder: string, service: string, addresses: readonly string[]): () => Promise<boolean> {
  return async () => (await readyAddresses(folder, service))?.join() === addresses.join()
}

function hasSaid(said: readonly LogLine[], fields: Readonly<Record<string, string>>): boolean {
  return said.some((line) => Object.entries(fields).every(([field, value]) => line[field] === value))
}

function hasWrittenNothing(said: readonly LogLine[]): boolean {
  return !hasSaid(said, { message: 'Wrote object' })
}

/** And has done what it does when it begins to lead. */
async function isReady(admin: string, said: readonly LogLine[]): Promise<boolean> {
  return hasSaid(said, { message: 'Resync is done', cause: 'leading' }) && (await fetch(`http://${admin}/readyz`)).ok
}
