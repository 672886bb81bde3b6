import { isIPv4, isIPv6 } from 'node:net'
import { parseAddress } from '../address/parse-address.ts'
import { type Family } from '../model/declared.ts'

// Each pattern stands beside the phrase that a fault ends with.
const dnsLabel = '[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?'
const subdomain = `${dnsLabel}(?:\\.${dnsLabel})*`
const qualifiedPart = '[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?'

interface NameRule {
  readonly pattern: RegExp
  readonly phrase: string
}

export const serviceName: NameRule = {
  pattern: /^[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?$/,
  phrase: 'must be a DNS-1035 label (a-z, 0-9 and -, a letter first, at most 63)',
}

export const label1123: NameRule = {
  pattern: new RegExp(`^${dnsLabel}$`),
  phrase: 'must be a DNS label (a-z, 0-9 and -, at most 63)',
}

/** It is a label's value and a part of a Lease's name, which knows no upper case and no underscore. */
export const instanceName: NameRule = {
  pattern: new RegExp(`^(?=.{1,63}$)${subdomain}$`),
  phrase: 'must be DNS labels with dots between (a-z, 0-9, - and ., at most 63)',
}

export const labelValue: NameRule = {
  pattern: new RegExp(`^(?:${qualifiedPart})?$`),
  phrase: 'must be a label value (letters, digits, -, _ and ., at most 63, a letter or digit at both ends)',
}

export const qualifiedName: NameRule = {
  pattern: new RegExp(`^(?:(?=[^/]{1,253}/)${subdomain}/)?${qualifiedPart}$`),
  phrase: 'must be a qualified name such as http or example.com/http',
}

const hostLabel = /^[a-z0-9_](?:[-a-z0-9_]{0,61}[a-z0-9_])?$/
const inCluster = /(?:^|\.)(?:localhost|cluster\.local)$|\.svc$/

/** A DNS name as it is looked up: lower case, no trailing dot. */
export function canonicalHost(host: string): string {
  return host.toLowerCase().replace(/\.$/, '')
}

/** What is wrong with a DNS name, or undefined. */
export function hostPhrase(text: string): string | undefined {
  const host = canonicalHost(text)
  if (isAddress(host.replace(/^\[(.*)\]$/, '$1'))) return 'is an IP address'
  if (host.length > 253) return 'must be at most 253 characters'
  const labels = host.split('.')
  if (!labels.every((label) => hostLabel.test(label))) return 'must be a DNS name (letters, digits, -, _ and ., at most 63 between dots)'
  // A top level of digits only is read as an IPv4 address by one resolver and as a name by the next.
  if (/^\d+$/.test(labels.at(-1) ?? '')) return 'must not end in a number: it reads as an IP address'
  return undefined
}

/** What is wrong with a target's host: a name of this machine or of the cluster would lead traffic in a circle. */
export function targetHostPhrase(text: string): string | undefined {
  const phrase = hostPhrase(text)
  if (phrase === 'is an IP address') return 'is an IP address: write it as address'
  return phrase ?? (inCluster.test(canonicalHost(text)) ? 'is a name inside the cluster or of the machine itself' : undefined)
}

/** What is wrong with an IP address, or undefined. */
export function addressPhrase(text: string): string | undefined {
  // Node is as strict with IPv4 as the parser and far quicker, and most addresses are such.
  if (isIPv4(text)) return undefined
  const address = parseAddress(text)
  return typeof address === 'string' ? address : undefined
}

/** What is wrong with `ip`, `ip:port` or `[v6]:port`. */
export function nameserverPhrase(text: string): string | undefined {
  const [, v6, v4 = '', port] = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d+)$/.exec(text) ?? []
  if (port === undefined || isAddress(text)) return nameserverAddressPhrase(text, undefined)
  if (Number(port) < 1 || Number(port) > 65535) return 'must have a port of 1 to 65535'
  return v6 === undefined ? nameserverAddressPhrase(v4, 'IPv4') : nameserverAddressPhrase(v6, 'IPv6')
}

function nameserverAddressPhrase(text: string, family: Family | undefined): string | undefined {
  const address = parseAddress(text)
  const phrase = typeof address === 'string' ? address : undefined
  const isOther = typeof address !== 'string' && family !== undefined && address.family !== family
  return phrase === 'is not an IP address' || isOther ? 'must be ip, ip:port or [v6]:port' : phrase
}

/** Node compiles its pattern of IPv6 for milliseconds: only for what may be one. */
function isAddress(text: string): boolean {
  return text.includes(':') ? isIPv6(text) : isIPv4(text)
}
