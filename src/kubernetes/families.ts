import { type Family, type IpFamilyPolicy, type ServiceType } from '../model/declared.ts'
import { type Service } from '../model/objects.ts'
import { type Surroundings } from '../model/ports.ts'
import { type KubernetesClient } from './client.ts'
import { ClusterError, isUnreachable } from './cluster-error.ts'
import { collectionPath } from './resources.ts'

type FamiliesOf = Surroundings['familiesOf']

/**
 * The families that a new selectorless Service would get, from the ranges of the API server's own ServiceCIDR
 * (primary first); where these are not known, by one dry run for each type and policy.
 */
export function familiesFor(client: KubernetesClient, serviceRanges: readonly string[], signal: AbortSignal): FamiliesOf {
  const [primary, secondary] = serviceRanges.map((range): Family => range.includes(':') ? 'IPv6' : 'IPv4')
  if (primary === undefined) return familiesByDryRun(client, signal)
  return (_namespace, type, policy) => Promise.resolve(predict(primary, secondary, type, policy))
}

/** As the API server's own defaulting does it for Services without selector. */
export function predict(
  primary: Family,
  secondary: Family | undefined,
  type: ServiceType,
  policy: IpFamilyPolicy | undefined,
): readonly Family[] | string {
  // Without a selector, headless means both families unless it is told otherwise, also where the cluster has one.
  if (type === 'Headless') return policy === 'SingleStack' ? [primary] : [primary, other(primary)]
  if (policy === undefined || policy === 'SingleStack') return [primary]
  if (secondary !== undefined) return [primary, secondary]
  return policy === 'PreferDualStack' ? [primary] : `RequireDualStack on a cluster that has ${primary} only`
}

function other(family: Family): Family {
  return family === 'IPv4' ? 'IPv6' : 'IPv4'
}

function familiesByDryRun(client: KubernetesClient, signal: AbortSignal): FamiliesOf {
  const asked = new Map<string, ReturnType<FamiliesOf>>()
  return (namespace, type, policy) => {
    const key = `${type} ${policy ?? ''}`
    const known = asked.get(key)
    if (known !== undefined) return known
    const answer = dryRun(client, namespace, { type, policy }, signal)
    asked.set(key, answer)
    // What went wrong can lie in this one namespace: the next asks again.
    const forget = (): boolean => asked.delete(key)
    answer.then((families) => typeof families === 'string' && forget(), forget)
    return answer
  }
}

async function dryRun(
  client: KubernetesClient,
  namespace: string,
  { type, policy }: { readonly type: ServiceType; readonly policy: IpFamilyPolicy | undefined },
  signal: AbortSignal,
): Promise<readonly Family[] | string> {
  const body = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { generateName: 'endpoint-registrar-' },
    spec: { ports: [{ port: 80 }], ...(type === 'Headless' && { clusterIP: 'None' }), ...(policy && { ipFamilyPolicy: policy }) },
  }
  try {
    const answer = await client.call({ method: 'POST', path: collectionPath('Service', namespace), query: { dryRun: 'All' }, body }, signal)
    return (answer as Service).spec.ipFamilies ?? []
  } catch (error) {
    if (error instanceof ClusterError && !isUnreachable(error)) return error.message
    throw error
  }
}
