import { describe, expect, test } from '@jest/globals'
import { servicesInDoubt, type ProbedService } from '../../src/desired/network-doubt.ts'

const failed: Omit<ProbedService, 'key' | 'addresses'> = { hasAllFailed: true, hasServed: true }
const served: typeof failed = { hasAllFailed: false, hasServed: true }

describe('servicesInDoubt()', () => {
  test.each<[string, ProbedService[], string[]]>([
    ['nothing probed', [], []],
    ['one service failed: that is its own fault', [{ key: 'a', addresses: ['10.0.0.1'], ...failed }], []],
    ['two services with different addresses failed: the network is in doubt', [
      { key: 'a', addresses: ['10.0.0.1'], ...failed }, { key: 'b', addresses: ['10.0.0.2'], ...failed }], ['a', 'b']],
    ['two services on the same address failed: it is that address', [
      { key: 'a', addresses: ['10.0.0.1', '10.0.0.2'], ...failed }, { key: 'b', addresses: ['10.0.0.2'], ...failed }], []],
    ['a service of which one target passed is judged as always', [
      { key: 'a', addresses: ['10.0.0.1'], ...failed }, { key: 'b', addresses: ['10.0.0.2'], ...failed }, { key: 'c', addresses: ['10.0.0.3'], ...served }], ['a', 'b']],
    ['one that was down already is no news', [
      { key: 'a', addresses: ['10.0.0.1'], ...failed }, { key: 'b', addresses: ['10.0.0.2'], hasAllFailed: true, hasServed: false }], []],
    ['a service without probes says nothing', [
      { key: 'a', addresses: ['10.0.0.1'], ...failed }, { key: 'b', addresses: [], hasAllFailed: true, hasServed: true }], []],
    ['three, of which two share an address', [
      { key: 'a', addresses: ['10.0.0.1'], ...failed }, { key: 'b', addresses: ['10.0.0.1'], ...failed }, { key: 'c', addresses: ['10.0.0.3'], ...failed }], ['a', 'b', 'c']],
  ])('%s', (_, services, expected) => {
    expect([...servicesInDoubt(services).keys()].sort()).toEqual(expected)
  })
})
