import { describe, expect, test } from '@jest/globals'
import { addressPolicy, parseRange } from '../../src/address/address-policy.ts'

const open = { allowed: [], denied: [], own: new Map<string, string>(), permitLoopback: false }

describe('addressPolicy()', () => {
  test.each([
    ['0.0.0.0', 'unspecified address'], ['::', 'unspecified address'],
    ['127.0.0.1', 'loopback address'], ['127.9.9.9', 'loopback address'], ['::1', 'loopback address'],
    ['169.254.169.254', 'link-local address'], ['fe80::1', 'link-local address'],
    ['224.0.0.1', 'multicast address'], ['239.1.2.3', 'multicast address'], ['ff05::1', 'multicast address'],
    ['255.255.255.255', 'broadcast address'],
    ['fd00:ec2::254', 'cloud metadata address'], ['100.100.100.200', 'cloud metadata address'],
    ['64:ff9b::7f00:1', 'loopback address'], ['64:ff9b::a9fe:a9fe', 'link-local address'],
    ['::ffff:10.0.0.1', 'is an IPv4-mapped IPv6 address; write the IPv4 address'],
    ['nonsense', 'is not an IP address'], ['010.0.0.1', 'must not have leading zeros'],
  ])('refuses %s always', (address, reason) => {
    expect(addressPolicy(open)(address)).toBe(reason)
  })

  test.each(['10.0.0.1', '192.0.2.1', '100.64.0.1', '2001:db8::1', 'fd00::1', '64:ff9b::808:808'])('lets %s through', (address) => {
    expect(addressPolicy(open)(address)).toBeUndefined()
  })

  test('refuses what belongs to the cluster and says what it is', () => {
    const refuse = addressPolicy({ ...open, own: new Map([['10.96.0.0/16', 'Service range of the cluster'], ['fd00:96::/112', 'Service range of the cluster'], ['10.1.2.3', 'API server']]) })
    expect(refuse('10.96.4.4')).toBe('Service range of the cluster')
    expect(refuse('fd00:96::7')).toBe('Service range of the cluster')
    expect(refuse('10.1.2.3')).toBe('API server')
    expect(refuse('10.1.2.4')).toBeUndefined()
  })

  test('a config can narrow what the flags allow and never widen it', () => {
    const refuse = addressPolicy({ ...open, allowed: [['10.0.0.0/8'], ['10.1.0.0/16', '192.0.2.0/24']], denied: ['10.1.9.0/24'] })
    expect(refuse('10.1.0.1')).toBeUndefined()
    expect(refuse('10.2.0.1')).toBe('outside the allowed CIDRs')
    expect(refuse('192.0.2.1')).toBe('outside the allowed CIDRs')
    expect(refuse('10.1.9.1')).toBe('inside the denied 10.1.9.0/24')
  })

  test('a range of one family holds no address of the other', () => {
    expect(addressPolicy({ ...open, denied: ['::/0'] })('192.0.2.1')).toBeUndefined()
    expect(addressPolicy({ ...open, denied: ['0.0.0.0/0'] })('2001:db8::1')).toBeUndefined()
    expect(addressPolicy({ ...open, allowed: [['::/0']] })('192.0.2.1')).toBe('outside the allowed CIDRs')
  })

  test('a range holds what it holds when its text names an address inside it', () => {
    const refuse = addressPolicy({ ...open, denied: ['10.1.2.3/16', '2001:db8::1/33'] })
    expect(refuse('10.1.9.9')).toBe('inside the denied 10.1.2.3/16')
    expect(refuse('2001:db8:7fff::9')).toBe('inside the denied 2001:db8::1/33')
    expect(refuse('2001:db8:8000::9')).toBeUndefined()
  })

  test('judges a NAT64 address by the IPv4 address that it leads to too', () => {
    const refuse = addressPolicy({ ...open, denied: ['192.0.2.0/24'], own: new Map([['10.96.0.0/16', 'Service range of the cluster']]) })
    expect(refuse('64:ff9b::a60:1')).toBe('Service range of the cluster')
    expect(refuse('64:ff9b::c000:201')).toBe('inside the denied 192.0.2.0/24')
    expect(addressPolicy({ ...open, allowed: [['10.0.0.0/8']] })('64:ff9b::a00:1')).toBeUndefined()
  })

  test('knows an own address however it is written', () => {
    expect(addressPolicy({ ...open, own: new Map([['2001:DB8:0::1', 'API server']]) })('2001:db8::1')).toBe('API server')
  })

  test('permitLoopback lets loopback through and nothing else', () => {
    const refuse = addressPolicy({ ...open, permitLoopback: true })
    expect(refuse('127.0.0.1')).toBeUndefined()
    expect(refuse('169.254.0.1')).toBe('link-local address')
  })
})

test('parseRange() names what is wrong', () => {
  expect(parseRange('10.0.0.0/33')).toBe('must have a prefix of 0 to 32')
  expect(parseRange('10.0.0/8')).toBe('is not a CIDR such as 192.0.2.0/24')
  expect(parseRange('2001:db8::/129')).toBe('must have a prefix of 0 to 128')
})
