// A plan or a pass for people: what changes, what is in or out and why, what is said loudly.

import { styleText } from 'node:util'
import { type AddressReport } from '../model/changes.ts'
import { table } from './table.ts'
import { type ChangeOutline, type PassOutline, type ServiceOutline } from './outline.ts'

const signs = { create: '+', update: '~', delete: '-' } as const
const colours = { create: 'green', update: 'yellow', delete: 'red' } as const
const loud = new Set<ServiceOutline['status']>(['kept', 'refused', 'failed', 'withheld'])

/** Services in which nothing changes and of which nothing is to be said are shown on request only. */
export function printPass(outline: PassOutline, isVerbose: boolean): string {
  const shown = outline.services.filter((service) => isVerbose || service.changes.length > 0 || service.messages.length > 0)
  return [...shown.map(printService), ...outline.notes.map(printMessage), summaryOf(outline)].join('\n')
}

function printService(service: ServiceOutline): string {
  const { namespace, name, status, messages, changes, addresses } = service
  const lines = [
    `${styleText('bold', `${namespace}/${name}`)}${status === 'done' || status === 'planned' ? '' : ` ${styleText(loud.has(status) ? 'red' : 'cyan', status)}`}`,
    ...messages.map((message) => `  ${printMessage(message)}`),
    ...changes.map(printChange),
    ...(addresses.length === 0 ? [] : [printAddresses(addresses)]),
  ]
  return `${lines.join('\n')}\n`
}

function printMessage(message: string): string {
  return `${styleText('magenta', '!')} ${message}`
}

function printChange({ verb, kind, name, summary }: ChangeOutline): string {
  const text = `  ${signs[verb]} ${verb} ${kind} ${name}`
  return `${styleText(colours[verb], text)}${summary.length === 0 ? '' : `: ${summary.join(', ')}`}`
}

function printAddresses(addresses: readonly AddressReport[]): string {
  return table(addresses.map(({ address, ports, hosts, published, reason }) => [
    `    ${published === 'out' ? styleText('dim', 'out') : 'in '}`,
    address,
    Object.values(ports).join(','),
    published === 'ready' ? styleText('green', 'ready') : published === 'notReady' ? styleText('red', 'not ready') : '',
    hosts.join(' ') || 'declared',
    reason,
  ]))
}

function summaryOf({ verb, services, guard, dryRun }: PassOutline): string {
  const changes = services.filter(({ status }) => status !== 'withheld').flatMap((service) => service.changes)
  const count = (of: ChangeOutline['verb']): number => changes.filter((change) => change.verb === of).length
  const counts = verb === 'plan' || dryRun === true
    ? `${count('create')} to create, ${count('update')} to update, ${count('delete')} to delete`
    : `${count('create')} created, ${count('update')} updated, ${count('delete')} deleted`
  const troubles = [...loud].flatMap((status) => {
    const number = services.filter((service) => service.status === status).length
    return number === 0 ? [] : [`${number} ${status}`]
  })
  const among = services.length === 1 ? '1 service' : `${services.length} services`
  const nothing = changes.length === 0 && troubles.length === 0 ? `Nothing to change in ${among}` : `${counts} in ${among}`
  return [
    `${nothing}${troubles.length === 0 ? '' : `; ${troubles.join(', ')}`}${dryRun === true ? ' (dry run: nothing was written)' : ''}`,
    ...(guard === undefined ? [] : [`Guard: ${guard.deletions} of ${guard.owned} Services would go, more than ${guard.maxDeletePercent}%: deletions are withheld, see --allow-deletes`]),
  ].join('\n')
}
