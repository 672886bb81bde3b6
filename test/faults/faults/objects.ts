// What people do to the objects by hand.

import { type End, type ServiceFault, type ServiceScene } from '../fault.ts'
import { type Random } from '../random.ts'
import { collectionOf } from '../by-hand.ts'

const atOnce = { lane: 'service', holdMs: [0, 0], detectionMs: 0, weight: 2, suits: () => true } as const
const over = (): undefined => undefined

export const objectFaults: readonly ServiceFault[] = [
  {
    ...atOnce, name: 'object: slice deleted',
    begin: async ({ world: { byHand }, random, service: { namespace, name } }: ServiceScene): Promise<End> => {
      const slices = await byHand.slicesOf(namespace, name)
      if (slices.length > 0) await byHand.destroy('EndpointSlice', namespace, random.pick(slices).metadata.name)
      return over
    },
  },
  {
    ...atOnce, name: 'object: slice edited',
    begin: async ({ world: { byHand }, random, service: { namespace, name } }: ServiceScene): Promise<End> => {
      const slices = await byHand.slicesOf(namespace, name)
      if (slices.length > 0) await byHand.edit('EndpointSlice', namespace, random.pick(slices).metadata.name, sliceEdit(random))
      return over
    },
  },
  {
    ...atOnce, name: 'object: Service edited',
    begin: async ({ world: { byHand }, random, service: { namespace, name } }: ServiceScene): Promise<End> => {
      const live = await byHand.find('Service', namespace, name)
      const ports = live?.spec.ports?.map((port) => ({ ...port, targetPort: 9 }))
      await byHand.edit('Service', namespace, name, random.pick([{ spec: { ports } }, { metadata: { labels: { 'endpoint-registrar.io/instance': 'faults' }, annotations: { 'endpoint-registrar.io/applied': 'nonsense' } }, spec: { ports } }]))
      return over
    },
  },
  {
    // The garbage collector takes the slices of the one before along, in its own time.
    ...atOnce, name: 'object: Service made anew', detectionMs: 2000,
    begin: async ({ world: { byHand }, service: { namespace, name } }: ServiceScene): Promise<End> => {
      const live = await byHand.find('Service', namespace, name)
      await byHand.destroy('Service', namespace, name)
      const ports = live?.spec.ports?.map(({ name: port, port: number, targetPort }) => ({ name: port, port: number, targetPort }))
      const headless = live?.spec.clusterIP === 'None' ? { clusterIP: 'None' } : {}
      // The registrar may be faster.
      await byHand.make(collectionOf('Service', namespace), { metadata: { name, labels: live?.metadata.labels }, spec: { ports, ...headless } }).catch(over)
      return over
    },
  },
  {
    ...atOnce, name: 'object: Service deleted', detectionMs: 2000,
    begin: async ({ world: { byHand }, service: { namespace, name } }: ServiceScene): Promise<End> => {
      await byHand.destroy('Service', namespace, name)
      return over
    },
  },
  {
    ...atOnce, name: 'object: Endpoints deleted',
    begin: async ({ world: { byHand }, service: { namespace, name } }: ServiceScene): Promise<End> => {
      await byHand.destroy('Endpoints', namespace, name)
      return over
    },
  },
]

function sliceEdit(random: Random): object {
  return random.pick<object>([
    { endpoints: [] },
    { endpoints: [{ addresses: ['198.18.251.1'], conditions: { ready: true } }] },
    { ports: [{ name: 'main', port: 9, protocol: 'TCP' }] },
    { metadata: { annotations: { 'endpoint-registrar.io/evidence': '{' } }, endpoints: [] },
    { metadata: { ownerReferences: [] } },
  ])
}
