import { expect, test } from '@jest/globals'
import { endpointKey, publishedNow } from '../../src/desired/published.ts'
import { type Endpoints, type EndpointSlice } from '../../src/model/objects.ts'

test('endpointKey() is the same in whatever order the ports are declared, and another for other ports', () => {
  const key = endpointKey({ address: '192.0.2.1', ports: { http: 80, admin: 81 } })
  expect(endpointKey({ address: '192.0.2.1', ports: { admin: 81, http: 80 } })).toBe(key)
  expect(endpointKey({ address: '192.0.2.1', ports: { admin: 80, http: 81 } })).not.toBe(key)
  expect(endpointKey({ address: '192.0.2.1', ports: { http: 80 } })).not.toBe(key)
})

test('publishedNow() takes an address on other ports for another endpoint, and one on the same ports for the same', () => {
  const slice = (name: string, address: string, ports: Readonly<Record<string, number>>): EndpointSlice => ({
    apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { namespace: 'shop', name }, addressType: 'IPv4',
    endpoints: [{ addresses: [address] }], ports: Object.entries(ports).map(([port, number]) => ({ name: port, port: number })),
  })
  const slices = [
    slice('a', '192.0.2.1', { http: 80, admin: 81 }), slice('b', '192.0.2.1', { http: 80 }), slice('c', '192.0.2.1', { http: 80, other: 81 }),
    slice('d', '192.0.2.1', { admin: 81, http: 80 }), slice('e', '192.0.2.2', { http: 80 }),
  ]
  expect(publishedNow({ namespace: 'shop', name: 'db', slices }).endpoints.map(({ address, ports }) => [address, ports])).toEqual([
    ['192.0.2.1', { http: 80, admin: 81 }], ['192.0.2.1', { http: 80 }], ['192.0.2.1', { http: 80, other: 81 }], ['192.0.2.2', { http: 80 }],
  ])
})

test('publishedNow() takes an endpoint that does not say how it is for one that is ready, as kube-proxy does', () => {
  const slice: EndpointSlice = {
    apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { namespace: 'shop', name: 'db-1' }, addressType: 'IPv4', ports: [{ name: '', port: 80 }],
    endpoints: [{ addresses: ['192.0.2.1'] }, { addresses: ['192.0.2.2'], conditions: {} }, { addresses: ['192.0.2.3'], conditions: { ready: false } }],
  }
  expect(publishedNow({ namespace: 'shop', name: 'db', slices: [slice] }).endpoints.map(({ ready }) => ready)).toEqual([true, true, false])
})

test('publishedNow() reads lists that are null, as the API server writes empty ones', () => {
  const metadata = { namespace: 'shop', name: 'db' }
  const slice: EndpointSlice = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata, addressType: 'IPv4', endpoints: null, ports: null }
  const endpoints: Endpoints = { apiVersion: 'v1', kind: 'Endpoints', metadata, subsets: null }
  expect(publishedNow({ ...metadata, slices: [slice], endpoints }).endpoints).toEqual([])
})
