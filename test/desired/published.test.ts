import { expect, test } from '@jest/globals'
import { endpointKey } from '../../src/desired/published.ts'

test('endpointKey() is the same in whatever order the ports are declared, and another for other ports', () => {
  const key = endpointKey({ address: '192.0.2.1', ports: { http: 80, admin: 81 } })
  expect(endpointKey({ address: '192.0.2.1', ports: { admin: 81, http: 80 } })).toBe(key)
  expect(endpointKey({ address: '192.0.2.1', ports: { admin: 80, http: 81 } })).not.toBe(key)
  expect(endpointKey({ address: '192.0.2.1', ports: { http: 80 } })).not.toBe(key)
})
