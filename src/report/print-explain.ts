// `explain` for people: one service, each of its addresses and hosts, why it is as it is, and what can be done.

import { styleText } from 'node:util'
import { type HostReport } from '../model/run-status.ts'
import { adviceOn } from './advice.ts'
import { age, ageBetween } from './age.ts'
import { printSource, printStatusWord } from './print-status.ts'
import { type ShownAddress, type ShownService, type StatusOutline } from './status-outline.ts'
import { table } from './table.ts'

export function printExplanation(outline: StatusOutline, service: ShownService): string {
  const { namespace, name, status, since, messages, retryAt, addresses, hosts } = service
  const { now } = outline
  return [
    ...printSource(outline), '',
    `${styleText('bold', `${namespace}/${name}`)} ${printStatusWord(status)}${since === undefined ? '' : ` for ${ageBetween(since, now)}`}${retryAt === undefined ? '' : `, next try ${until(retryAt, now)}`}`,
    ...messages.flatMap(printMessage), '',
    addresses.length === 0 ? '  No addresses' : table(addresses.map((address) => addressRow(address, now)), ['  ', 'ADDRESS', 'PORT', 'READY', 'SINCE', 'WHY', 'CHECK', 'NEXT CHECK', 'FROM']),
    ...(hosts.length === 0 ? [] : ['', table(hosts.map((host) => hostRow(host, now)), ['  HOST', 'TYPE', 'OUTCOME', 'TTL LEFT', 'NEXT LOOK-UP', 'ADDRESSES'])]),
  ].join('\n')
}

function printMessage(message: string): string[] {
  const advice = adviceOn(message)
  return [`  ${styleText('magenta', '!')} ${message}`, ...(advice === undefined ? [] : [`    ${styleText('cyan', '→')} ${advice}`])]
}

function addressRow({ address, ports, hosts, published, verdict, reason, since, latencyMs, nextProbeAt }: ShownAddress, now: string): string[] {
  const isIn = published !== 'out'
  return [
    isIn ? '  in' : `  ${styleText('dim', 'out')}`, address, Object.values(ports).join(','),
    isIn ? styleText(published === 'ready' ? 'green' : 'red', published === 'ready' ? 'ready' : 'not ready') : '',
    ageBetween(since, now),
    reason, isIn ? checkOf(verdict, latencyMs) : '', until(nextProbeAt, now),
    hosts.join(' ') || 'declared',
  ]
}

function checkOf(verdict: ShownAddress['verdict'], latencyMs: number | undefined): string {
  const words = { ready: 'passes', unready: styleText('red', 'fails'), unprobed: 'no verdict' } as const
  return `${words[verdict]}${latencyMs === undefined ? '' : `, ${latencyMs.toFixed(1)}ms`}`
}

function hostRow({ host, family, outcome, addresses, reason, expiresAt, staleSince, nextAskAt }: HostReport, now: string): string[] {
  const facts = [...addresses, ...(reason === undefined ? [] : [reason]), ...(staleSince === undefined ? [] : [`stale for ${ageBetween(staleSince, now)}`])]
  return [
    `  ${host}`, family === 'IPv4' ? 'A' : 'AAAA', outcome === 'found' ? outcome : styleText('yellow', outcome),
    ageBetween(now, expiresAt), until(nextAskAt, now), facts.join(' '),
  ]
}

/** What is due may be late by a little: then it is due now. */
function until(at: string | undefined, now: string): string {
  if (at === undefined) return ''
  const ms = Date.parse(at) - Date.parse(now)
  return ms > 0 ? `in ${age(ms)}` : 'now'
}
