// An admission plugin that refuses certain addresses, as OpenShift's does (RestrictedEndpointsAdmission): 403, and for good.

import { expect, test } from '@jest/globals'
import { describeClusterWith } from '../harness/describe-cluster.ts'
import { eventually } from '../harness/eventually.ts'
import { raw } from '../harness/raw.ts'
import { at, collectionOf, find, newStage, readyAddresses, service } from './stage.ts'

const policies = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies'
const bindings = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings'

/** Refuses slices with this address in the namespace; returns how to end that. */
async function refuseAddress(namespace: string, address: string): Promise<() => Promise<void>> {
  const rules = [{ apiGroups: ['discovery.k8s.io'], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['endpointslices'] }]
  const only = { matchLabels: { 'kubernetes.io/metadata.name': namespace } }
  const expression = `!has(object.endpoints) || object.endpoints.all(e, !('${address}' in e.addresses))`
  await made(policies, {
    metadata: { name: namespace },
    spec: { matchConstraints: { namespaceSelector: only, resourceRules: rules }, validations: [{ expression, reason: 'Forbidden', message: `endpoint address ${address} is not allowed` }] },
  })
  await made(bindings, { metadata: { name: namespace }, spec: { policyName: namespace, validationActions: ['Deny'] } })
  return async () => { for (const path of [bindings, policies]) await raw('DELETE', `${path}/${namespace}`) }
}

async function made(path: string, object: object): Promise<void> {
  const { status, body } = await raw('POST', path, object)
  if (status !== 201) throw new Error(`Cannot make ${path}: ${status} ${JSON.stringify(body)}`)
}

/** The API server learns of a policy by a watch. */
async function holds(namespace: string, address: string): Promise<void> {
  const slice = { metadata: { generateName: 'try-' }, addressType: 'IPv4', ports: [], endpoints: [{ addresses: [address] }] }
  const { status } = await raw('POST', `${collectionOf('EndpointSlice', namespace)}?dryRun=All`, slice)
  if (status !== 403) throw new Error(`The policy does not hold yet: ${status}`)
}

describeClusterWith(['requestLog'], 'sync, where the cluster refuses an address', () => {
  test('fails that service for good after one try, by name, and no other', async () => {
    const { namespace, sync, requests } = await newStage()
    const end = await refuseAddress(namespace, '192.0.2.66')
    try {
      await eventually(() => holds(namespace, '192.0.2.66'))
      const { counts, result } = await requests(() => sync([service('bad', at('192.0.2.66')), service('db'), service('more', at('192.0.2.12'))]))
      expect([result.code, ...['bad', 'db', 'more'].map((name) => result.service(name).status)]).toEqual([4, 'failed', 'done', 'done'])
      expect(result.service('bad').messages).toEqual([expect.stringMatching(/^Cannot create EndpointSlice bad-ipv4-1: .*endpoint address 192\.0\.2\.66 is not allowed$/)])
      expect(counts['create endpointslices']).toBe(3)
      expect(await find('Endpoints', namespace, 'bad')).toBeUndefined()
      expect(await readyAddresses(namespace, 'more')).toEqual(['192.0.2.12'])
    } finally {
      await end()
    }
  })
})
