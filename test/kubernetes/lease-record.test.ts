import { describe, expect, test } from '@jest/globals'
import { leaseIdentity, leaseName, leaseNamespace } from '../../src/kubernetes/lease-place.ts'
import { claimed, microTime, recordOf, released, type Lease } from '../../src/kubernetes/lease-record.ts'

const at = Date.parse('2026-11-23T12:00:00.601Z')
const time = '2026-11-23T12:00:00.601000Z'
const before = '2026-11-23T11:00:00.000000Z'
const metadata = { namespace: 'shop', name: 'endpoint-registrar-shop', resourceVersion: '7', labels: { by: 'hand' } }
const spec = { holderIdentity: 'other', leaseDurationSeconds: 30, acquireTime: before, renewTime: before, leaseTransitions: 4, strategy: 'kept' }

test('microTime has exactly six fraction digits', () => {
  expect([at, 0].map(microTime)).toEqual([time, '1970-01-01T00:00:00.000000Z'])
})

describe('claimed', () => {
  const claim = (lease: Lease): Lease['spec'] => claimed(lease, 'us', 15_000, at).spec

  test('of another is a transition, and keeps what it does not know', () => {
    expect(claimed({ metadata, spec }, 'us', 15_000, at)).toEqual({
      apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata,
      spec: { holderIdentity: 'us', leaseDurationSeconds: 15, acquireTime: time, renewTime: time, leaseTransitions: 5, strategy: 'kept' },
    })
  })

  test('of what was given back is a transition', () => {
    expect(claim({ metadata, spec: { ...spec, holderIdentity: '' } })).toMatchObject({ acquireTime: time, leaseTransitions: 5 })
  })

  test('of our own changes the renewTime alone', () => {
    const ours = claim({ metadata, spec })
    expect(claimed({ metadata, spec: ours ?? null }, 'us', 15_000, at + 2000).spec).toEqual({ ...ours, renewTime: '2026-11-23T12:00:02.601000Z' })
  })

  test('of what is not there is the first', () => {
    expect(claim({ metadata: { namespace: 'shop', name: 'x' } })).toEqual({
      holderIdentity: 'us', leaseDurationSeconds: 15, acquireTime: time, renewTime: time, leaseTransitions: 0,
    })
  })

  test.each<[string, Exclude<Lease['spec'], undefined>]>([['empty', {}], ['null', null], ['full of nulls', { holderIdentity: null, leaseTransitions: null, acquireTime: null }]])(
    'of one whose spec is %s is a transition', (_name, emptied) => {
      expect(claim({ metadata, spec: emptied })).toMatchObject({ holderIdentity: 'us', acquireTime: time, leaseTransitions: 1 })
    })
})

test('released has no holder and one second, and the same number of transitions', () => {
  expect(released({ metadata, spec }, at).spec).toEqual({ holderIdentity: '', leaseDurationSeconds: 1, acquireTime: time, renewTime: time, leaseTransitions: 4, strategy: 'kept' })
})

describe('recordOf', () => {
  test('is another version with every renewal, not with a label', () => {
    const first = recordOf({ metadata, spec })
    expect(recordOf({ metadata: { ...metadata, resourceVersion: '8', labels: {} }, spec })).toEqual(first)
    expect(recordOf({ metadata, spec: { ...spec, renewTime: time } }).version).not.toBe(first.version)
    expect(first).toMatchObject({ holder: 'other', durationMs: 30_000 })
  })

  test.each<[string, Exclude<Lease['spec'], undefined>]>([['no spec', null], ['nulls', { holderIdentity: null, leaseDurationSeconds: null }]])('reads %s as nobody', (_name, emptied) => {
    expect(recordOf({ metadata, spec: emptied })).toMatchObject({ holder: '', durationMs: 0 })
  })
})

describe('the place of a lease', () => {
  test('leaseName is where sync looks', () => { expect(leaseName('shop.platform')).toBe('endpoint-registrar-shop.platform') })

  test.each([
    ['the own in a Pod', 'team', { KUBERNETES_SERVICE_HOST: '10.96.0.1' }, 'team'],
    ['default in a Pod without one', undefined, { KUBERNETES_SERVICE_HOST: '10.96.0.1' }, 'default'],
    ['default outside of a Pod, whatever the context says', 'team', {}, 'default'],
  ])('leaseNamespace is %s', (_name, namespace, env, expected) => { expect(leaseNamespace({ namespace }, env)).toBe(expected) })

  test('leaseIdentity is the Pod and a part of its own for each process', () => {
    const [one, other] = [leaseIdentity({ POD_NAME: 'registrar-0' }), leaseIdentity({ POD_NAME: 'registrar-0' })]
    expect(one).toMatch(/^registrar-0_[0-9a-f]{8}$/)
    expect(one).not.toBe(other)
    expect(leaseIdentity({ POD_NAME: '' })).toMatch(/^.+_[0-9a-f]{8}$/)
  })
})
