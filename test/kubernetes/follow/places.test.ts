import { expect, test } from '@jest/globals'
import { pathOfPlace, placesOf, whatOfPlace } from '../../../src/kubernetes/follow/places.ts'

function described(...args: Parameters<typeof placesOf>): string[] {
  return [...placesOf(...args).values()].map((place) => `${place.isWatched ? 'watch' : 'list'} ${pathOfPlace(place)}`)
}

test('placesOf watches three collections of each namespace, and lists those elsewhere', () => {
  expect(described(['shop'], ['shop', 'store'], false)).toEqual([
    'watch /api/v1/namespaces/shop/services', 'watch /apis/discovery.k8s.io/v1/namespaces/shop/endpointslices', 'watch /api/v1/namespaces/shop/endpoints',
    'list /api/v1/namespaces/store/services', 'list /apis/discovery.k8s.io/v1/namespaces/store/endpointslices', 'list /api/v1/namespaces/store/endpoints',
  ])
})

test('placesOf watches the whole cluster as one', () => {
  expect(described(['shop', 'web'], ['store'], true)).toEqual([
    'watch /api/v1/services', 'watch /apis/discovery.k8s.io/v1/endpointslices', 'watch /api/v1/endpoints',
  ])
})

test('whatOfPlace names a collection for a person', () => {
  expect(whatOfPlace({ kind: 'EndpointSlice', namespace: 'shop', isWatched: true })).toBe('EndpointSlices in shop')
  expect(whatOfPlace({ kind: 'Service', isWatched: true })).toBe('Services')
})
