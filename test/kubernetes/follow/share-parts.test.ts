import { expect, test } from '@jest/globals'
import { partSharing } from '../../../src/kubernetes/follow/share-parts.ts'
import { service, slice, endpoints } from '../../cluster/kubernetes/objects.ts'

test('partSharing keeps equal parts once, and changes nothing that can be seen', () => {
  const share = partSharing()
  const fresh = () => [service('shop', 'a'), slice('shop', 'a'), endpoints('shop', 'a')].map((object) => structuredClone(object))
  const [first, second] = [fresh(), fresh()]
  for (const object of [...first, ...second]) share(object)
  expect(second).toEqual(fresh())
  const parts = ([one, other, last]: readonly ReturnType<typeof fresh>[number][]): unknown[] => [
    one?.kind === 'Service' && one.spec.ports, one?.metadata.labels, other?.kind === 'EndpointSlice' && other.ports, last?.kind === 'Endpoints' && last.subsets?.[0]?.ports,
  ]
  parts(first).forEach((part, index) => { expect(parts(second)[index]).toBe(part) })
})
