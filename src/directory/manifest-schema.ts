import * as z from 'zod'

// As much of each kind as is relied on; the rest is carried along as it stands in the file.

const strings = z.record(z.string(), z.string()).nullish()
const metadata = z.looseObject({ name: z.string(), namespace: z.string(), labels: strings, annotations: strings })
const port = { name: z.string().optional(), protocol: z.string().optional(), appProtocol: z.string().optional() }
const flag = z.boolean().nullish()

const service = z.looseObject({
  apiVersion: z.literal('v1'),
  kind: z.literal('Service'),
  metadata,
  spec: z.looseObject({
    type: z.string().optional(),
    selector: strings,
    clusterIP: z.string().optional(),
    clusterIPs: z.array(z.string()).optional(),
    ipFamilies: z.array(z.enum(['IPv4', 'IPv6'])).optional(),
    ipFamilyPolicy: z.string().optional(),
    externalName: z.string().optional(),
    ports: z.array(z.looseObject({ ...port, port: z.int(), targetPort: z.union([z.int(), z.string()]).optional() })).nullish(),
  }),
})

const slice = z.looseObject({
  apiVersion: z.literal('discovery.k8s.io/v1'),
  kind: z.literal('EndpointSlice'),
  metadata,
  addressType: z.enum(['IPv4', 'IPv6', 'FQDN']),
  endpoints: z.array(z.looseObject({
    addresses: z.array(z.string()),
    conditions: z.looseObject({ ready: flag, serving: flag, terminating: flag }).optional(),
  })).nullish(),
  ports: z.array(z.looseObject({ ...port, port: z.int().nullish() })).nullish(),
})

const addresses = z.array(z.looseObject({ ip: z.string() })).nullish()

const endpoints = z.looseObject({
  apiVersion: z.literal('v1'),
  kind: z.literal('Endpoints'),
  metadata,
  subsets: z.array(z.looseObject({
    addresses, notReadyAddresses: addresses, ports: z.array(z.looseObject({ ...port, port: z.int() })).nullish(),
  })).nullish(),
})

/** One document of a manifest. */
export const manifestSchema = z.discriminatedUnion('kind', [service, slice, endpoints])
