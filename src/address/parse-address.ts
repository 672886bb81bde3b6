import { isIPv4 } from 'node:net'
import ipaddr from 'ipaddr.js'
import { type Family } from '../model/declared.ts'

export interface Address {
  readonly family: Family
  /** RFC 5952 for IPv6: what the API server stores and compares. */
  readonly text: string
}

/**
 * Reads an IP address strictly, as kube-apiserver 1.36 does.
 * Returns the canonical address, or a phrase that says what is wrong with the text.
 */
export function parseAddress(text: string): Address | string {
  if (isIPv4(text)) return { family: 'IPv4', text }
  if (text.includes('%')) return 'must not have a zone id'
  if (/^[\d.]+$/.test(text) && /(^|\.)0\d/.test(text)) return 'must not have leading zeros'
  if (!ipaddr.IPv6.isValid(text)) return 'is not an IP address'
  const address = ipaddr.IPv6.parse(text)
  if (address.isIPv4MappedAddress()) return 'is an IPv4-mapped IPv6 address; write the IPv4 address'
  return { family: 'IPv6', text: address.toRFC5952String() }
}

export function familyOf(address: string): Family {
  return address.includes(':') ? 'IPv6' : 'IPv4'
}
