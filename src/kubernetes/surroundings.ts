import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { parseAddress } from '../address/parse-address.ts'
import { type EndpointSlice } from '../model/objects.ts'
import { type Surroundings } from '../model/ports.ts'
import { serviceNameLabel } from '../model/marks.ts'
import { type KubernetesClient } from './client.ts'
import { hasStatus } from './cluster-error.ts'
import { familiesFor } from './families.ts'
import { itemsOf } from './items-of.ts'
import { listObjects } from './list-objects.ts'

interface ServiceCIDR {
  readonly metadata: { readonly name: string }
  readonly spec?: { readonly cidrs?: readonly string[] | null }
}

const unknownRanges = 'ServiceCIDRs may not be read, so the Service ranges are not known and not refused: give them with --cluster-cidrs'

/** What of the network belongs to the cluster itself, as far as we may know, and which families a new Service gets. */
export async function readSurroundings(client: KubernetesClient, isRangeGiven: boolean, signal: AbortSignal): Promise<Surroundings> {
  const [serviceCIDRs, own] = await Promise.all([readServiceCIDRs(client, signal), apiServerAddresses(client, signal)])
  const ranges = (serviceCIDRs ?? []).flatMap(({ spec }) => spec?.cidrs ?? [])
  const ownRanges = new Map([
    ...ranges.map((range) => [range, 'Service range of the cluster'] as const),
    ...own.map((address) => [address, 'API server'] as const),
  ])
  // The one that the API server makes of its own flags; others only add addresses.
  const main = serviceCIDRs?.find(({ metadata }) => metadata.name === 'kubernetes')?.spec?.cidrs ?? []
  return { ownRanges, isMirroring: true, notes: serviceCIDRs === undefined && !isRangeGiven ? [unknownRanges] : [], familiesOf: familiesFor(client, main, signal) }
}

async function readServiceCIDRs(client: KubernetesClient, signal: AbortSignal): Promise<readonly ServiceCIDR[] | undefined> {
  try {
    return itemsOf(await client.call({ method: 'GET', path: '/apis/networking.k8s.io/v1/servicecidrs' }, signal)) as readonly ServiceCIDR[]
  } catch (error) {
    // Clusters before 1.33 have none, and a Role cannot grant them.
    if (hasStatus(error, 403, 404)) return undefined
    throw error
  }
}

/** Where the API server listens: what the kubeconfig says, and what `default/kubernetes` leads to. */
async function apiServerAddresses({ server, ...client }: KubernetesClient, signal: AbortSignal): Promise<string[]> {
  const host = server.hostname.replace(/^\[(.*)\]$/, '$1')
  const named = isIP(host) === 0 ? (await lookup(host, { all: true }).catch(() => [])).map(({ address }) => address) : [host]
  const found = await kubernetesSlices({ server, ...client }, signal)
  const behind = found.flatMap(({ endpoints }) => (endpoints ?? []).flatMap(({ addresses }) => addresses))
  return [...new Set([...named, ...behind].flatMap(canonical))]
}

async function kubernetesSlices(client: KubernetesClient, signal: AbortSignal): Promise<EndpointSlice[]> {
  const selectors = { labelSelector: `${serviceNameLabel}=kubernetes` }
  try {
    return await listObjects(client, { kind: 'EndpointSlice', namespace: 'default', selectors }, signal)
  } catch (error) {
    if (hasStatus(error, 403, 404)) return []
    throw error
  }
}

function canonical(text: string): string[] {
  const address = parseAddress(text)
  return typeof address === 'string' ? [] : [address.text]
}
