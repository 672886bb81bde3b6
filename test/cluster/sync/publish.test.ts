// What is written beside the Service, and the switches between: with the mirroring controller at work.

import { expect, test } from '@jest/globals'
import { describeClusterWith } from '../harness/describe-cluster.ts'
import { eventually } from '../harness/eventually.ts'
import { beginHistory, gaps, momentsSince } from './history.ts'
import { at, type Config, find, live, make, newStage, patch, readyAddresses, service, slicesOf } from './stage.ts'

const ways = ['both', 'endpointSlices', 'endpoints'] as const
const skipMirror = 'endpointslice.kubernetes.io/skip-mirror'

function publishing(publish: string, more: object = at('192.0.2.10', '192.0.2.11')): Config {
  return { publish, services: [service('db', { ...more })] }
}

async function managersOf(namespace: string): Promise<readonly (string | undefined)[]> {
  return (await slicesOf(namespace, 'db')).map(({ metadata }) => metadata.labels?.['endpointslice.kubernetes.io/managed-by'])
}

/** Ends once the mirroring controller has done all that it had to do until now: a control of ours has been mirrored. */
async function mirroringHasPassed(namespace: string): Promise<void> {
  await make('Service', namespace, { metadata: { name: 'control' }, spec: { ports: [{ port: 80 }] } })
  await make('Endpoints', namespace, { metadata: { name: 'control' }, subsets: [{ addresses: [{ ip: '198.51.100.1' }], ports: [{ port: 80 }] }] })
  await eventually(async () => { expect(await slicesOf(namespace, 'control')).toHaveLength(1) })
}

const ours = ['endpoint-registrar.io']
const mirrored = ['endpointslicemirroring-controller.k8s.io']

describeClusterWith(['controllerManager'], 'publish', () => {
  test('both: Endpoints carry skip-mirror, and no mirrored slice doubles ours', async () => {
    const { namespace, sync } = await newStage()
    await sync(publishing('both'))
    await mirroringHasPassed(namespace)
    expect((await live('Endpoints', namespace, 'db')).metadata.labels?.[skipMirror]).toBe('true')
    expect(await managersOf(namespace)).toEqual(ours)
    expect(await readyAddresses(namespace, 'db')).toEqual(['192.0.2.10', '192.0.2.11'])
  })

  test('both: skip-mirror taken off or misspelt by hand is put right, and the doubles go', async () => {
    const { namespace, sync } = await newStage()
    await sync(publishing('both'))
    for (const value of [null, 'True']) {
      await patch('Endpoints', namespace, 'db', { metadata: { labels: { [skipMirror]: value } } })
      await eventually(async () => { expect(await managersOf(namespace)).toEqual(expect.arrayContaining(mirrored)) })
      const { code } = await sync(publishing('both'))
      expect(code).toBe(0)
      expect((await live('Endpoints', namespace, 'db')).metadata.labels?.[skipMirror]).toBe('true')
      await eventually(async () => { expect(await managersOf(namespace)).toEqual(ours) })
      const again = await sync(publishing('both'))
      expect([again.code, again.json.services.flatMap(({ changes }) => changes)]).toEqual([0, []])
    }
  })

  test('endpoints: the cluster mirrors, and our marks on the mirrored slices mislead nobody', async () => {
    const { namespace, sync } = await newStage()
    const { code, service: outline } = await sync(publishing('endpoints'))
    expect([code, outline('db').messages]).toEqual([0, []])
    expect(await managersOf(namespace)).toEqual(mirrored)
    const [slice] = await slicesOf(namespace, 'db')
    // Copied from our Endpoints: who cleans by this label alone deletes them for ever.
    expect(slice?.metadata.labels?.['endpoint-registrar.io/instance']).toBe(namespace)
    const again = await sync(publishing('endpoints'))
    expect([again.code, again.json.services.flatMap(({ changes }) => changes)]).toEqual([0, []])
    expect((await slicesOf(namespace, 'db')).map(({ metadata }) => metadata.uid)).toEqual([slice?.metadata.uid])
  })

  test('endpoints: more than 1,000 addresses are refused; both truncates its Endpoints and says so', async () => {
    const { namespace, sync } = await newStage()
    const targets = Array.from({ length: 1001 }, (_, index) => ({ address: `198.18.${index >> 8}.${index & 255}` }))
    const refused = await sync({ publish: 'endpoints', services: [service('db', { targets })] })
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('Cannot publish 1001 addresses as Endpoints alone: at most 1000')])
    const { code, service: outline } = await sync({ publish: 'both', services: [service('db', { targets }), service('other')] })
    expect([code, outline('db').messages]).toEqual([0, ['Endpoints hold 1000 of 1001 addresses; the EndpointSlices hold them all']])
    const { metadata, subsets } = await live('Endpoints', namespace, 'db')
    expect([metadata.annotations?.['endpoints.kubernetes.io/over-capacity'], subsets?.[0]?.addresses?.length]).toEqual(['truncated', 1000])
    expect(await readyAddresses(namespace, 'db')).toHaveLength(1001)
  })

  const switches = ways.flatMap((from) => ways.filter((to) => to !== from).map((to) => [from, to] as const))
  test.each(switches)('from %s to %s leaves no moment without endpoints, and nothing behind', async (from, to) => {
    const { namespace, sync } = await newStage()
    await sync(publishing(from))
    await eventually(async () => { expect(await readyAddresses(namespace, 'db')).toEqual(['192.0.2.10', '192.0.2.11']) })
    const history = await beginHistory(namespace)
    // With a change of addresses in the same breath.
    const changed = at('192.0.2.11', '192.0.2.12')
    const { code, service: outline } = await sync(publishing(to, changed))
    expect([code, outline('db').messages]).toEqual([0, []])
    await eventually(async () => {
      expect(await managersOf(namespace)).toEqual(to === 'endpoints' ? mirrored : ours)
      expect(await readyAddresses(namespace, 'db')).toEqual(['192.0.2.11', '192.0.2.12'])
    })
    expect((await find('Endpoints', namespace, 'db')) === undefined).toBe(to === 'endpointSlices')
    expect(gaps(await momentsSince(history), 'db')).toEqual([])
    const again = await sync(publishing(to, changed))
    expect([again.code, again.json.services.flatMap(({ changes }) => changes)]).toEqual([0, []])
  })
})
