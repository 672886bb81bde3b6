// `status` for people: a line for the controller, a line for each service.

import { styleText } from 'node:util'
import { ageBetween } from './age.ts'
import { type ShownService, type StatusOutline } from './status-outline.ts'
import { table } from './table.ts'

const mostHosts = 2

/** `isVerbose`: everything that is said of a service, not the first of it alone. */
export function printStatus(outline: StatusOutline, isVerbose: boolean): string {
  const rows = outline.services.flatMap((service) => rowsOf(service, outline.now, isVerbose))
  return [
    ...printSource(outline), '',
    ...(rows.length === 0 ? ['No services'] : [table(rows, ['NAMESPACE/NAME', 'STATUS', 'READY', 'HOSTS', 'SINCE', 'MESSAGE'])]),
  ].join('\n')
}

/** Who says it, and what is said loudly of all. Also the head of `explain`. */
export function printSource({ controller, notes, now }: StatusOutline): string[] {
  if (controller === undefined) return notes.map(said)
  const { config, guard } = controller
  return [
    printController(controller, now),
    ...(config.fault === undefined ? [] : [said(`The last config was refused, the one before it holds and nothing is pruned: ${config.fault}`)]),
    ...(guard === undefined ? [] : [said(`Guard: ${guard.deletions} of ${guard.owned} Services would go, more than ${guard.maxDeletePercent}%: deletions are withheld, see --allow-deletes`)]),
    ...notes.map(said),
  ]
}

function printController({ instance, version, isLeading, holder, startedAt, config, resyncedAt, queue }: NonNullable<StatusOutline['controller']>, now: string): string {
  const role = isLeading ? 'leads' : styleText('cyan', holder === undefined ? 'stands by, nobody is known to lead' : `stands by, ${holder} leads`)
  return [
    `${styleText('bold', instance)} ${version}: ${role}`, `up ${ageBetween(startedAt, now)}`, `config taken ${ageBetween(config.takenAt, now)} ago`,
    resyncedAt === undefined ? styleText('yellow', 'not resynced yet') : `resynced ${ageBetween(resyncedAt, now)} ago`,
    ...(queue.waiting + queue.working === 0 ? [] : [`${queue.waiting} waiting and ${queue.working} at work`]),
  ].join(', ')
}

/** As which colour a status is shown. */
export function printStatusWord(status: ShownService['status']): string {
  if (status === 'done' || status === 'published') return styleText('green', status)
  return styleText(status === 'paused' || status === 'waiting' ? 'cyan' : 'red', status)
}

function rowsOf(service: ShownService, now: string, isVerbose: boolean): string[][] {
  const { namespace, name, status, since, messages, addresses } = service
  const [first = '', ...more] = messages
  const inService = addresses.filter(({ published }) => published !== 'out')
  const ready = inService.filter(({ published }) => published === 'ready').length
  return [
    [
      `${namespace}/${name}`, printStatusWord(status), printReady(ready, inService.length), hostsOf(service),
      ageBetween(since, now), isVerbose || more.length === 0 ? first : `${first} (and ${more.length} more)`,
    ],
    ...(isVerbose ? more.map((message) => ['', '', '', '', '', message]) : []),
  ]
}

function printReady(ready: number, total: number): string {
  return styleText(ready === total && total > 0 ? 'green' : ready === 0 ? 'red' : 'yellow', `${ready}/${total}`)
}

function hostsOf({ hosts, addresses }: ShownService): string {
  const names = [...new Set([...hosts.map(({ host }) => host), ...addresses.flatMap((address) => address.hosts)])]
  return names.length > mostHosts ? `${names.slice(0, mostHosts).join(' ')} +${names.length - mostHosts}` : names.join(' ')
}

function said(message: string): string {
  return `${styleText('magenta', '!')} ${message}`
}
