import { describe, expect, test } from '@jest/globals'
import { addressPolicy } from '../../src/address/address-policy.ts'
import { type Change } from '../../src/model/changes.ts'
import { type ManagedObject } from '../../src/model/objects.ts'
import { unsafeChange } from '../../src/plan/unsafe-change.ts'

const refuse = addressPolicy({ allowed: [], denied: [], own: new Map([['10.96.0.0/16', 'Service range']]), permitLoopback: false })
const metadata = { name: 'db', namespace: 'shop' }

function service(port: number, targetPort: number | string = port): ManagedObject {
  return { apiVersion: 'v1', kind: 'Service', metadata, spec: { ports: [{ port, targetPort }] } }
}

function slice(port: number | null, address = '10.0.0.1'): ManagedObject {
  return { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata, addressType: 'IPv4', endpoints: [{ addresses: [address] }], ports: [{ name: 'pg', port }] }
}

function endpoints(port: number, ip = '10.0.0.1', where: 'addresses' | 'notReadyAddresses' = 'addresses'): ManagedObject {
  return { apiVersion: 'v1', kind: 'Endpoints', metadata, subsets: [{ [where]: [{ ip }], ports: [{ port }] }] }
}

function verdict(desired: ManagedObject): string | undefined {
  const created: Change = { verb: 'create', desired, summary: [] }
  const updated: Change = { verb: 'update', current: desired, desired, summary: [] }
  expect(unsafeChange(updated, refuse)).toBe(unsafeChange(created, refuse))
  return unsafeChange(created, refuse)
}

describe('unsafeChange(): a slice with port 70000 freezes kube-proxy on every node', () => {
  test.each([0, -1, 65_536, 70_000, 1.5, Number.NaN])('port %d is refused wherever it stands', (port) => {
    for (const object of [service(port, 1), service(1, port), slice(port), endpoints(port)]) expect(verdict(object)).toBe(`port ${port} is not within 1 to 65535`)
  })

  test.each([1, 65_535])('port %d may be written', (port) => {
    for (const object of [service(port), slice(port), endpoints(port)]) expect(verdict(object)).toBeUndefined()
  })

  test('a slice port without a number is refused, a named targetPort is not', () => {
    expect(verdict(slice(null))).toBe('port 0 is not within 1 to 65535')
    expect(verdict(service(80, 'http'))).toBeUndefined()
  })

  test.each(['127.0.0.1', '169.254.169.254', '10.96.0.1', 'nonsense'])('address %s is refused with its reason', (address) => {
    for (const object of [slice(1, address), endpoints(1, address), endpoints(1, address, 'notReadyAddresses')]) {
      expect(verdict(object)).toBe(`address ${address}: ${refuse(address) ?? ''}`)
    }
  })

  test('whatever is there may be deleted', () => {
    expect(unsafeChange({ verb: 'delete', current: slice(70_000, '127.0.0.1'), summary: [] }, refuse)).toBeUndefined()
  })

  test('empty lists, which the API answers as null, are safe', () => {
    expect(verdict({ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata, addressType: 'IPv4', endpoints: null, ports: null })).toBeUndefined()
    expect(verdict({ apiVersion: 'v1', kind: 'Endpoints', metadata, subsets: null })).toBeUndefined()
  })
})
