import { type Service } from '../model/objects.ts'

/** The virtual addresses of a Service; a headless one has none. */
export function clusterIPsOf({ spec }: Pick<Service, 'spec'>): readonly string[] {
  return [...new Set([spec.clusterIP ?? '', ...(spec.clusterIPs ?? [])])].filter((address) => address !== '' && address !== 'None')
}
