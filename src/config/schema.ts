import * as z from 'zod'
import { parseRange } from '../address/address-policy.ts'
import { checkedText, namedText, portNumber, seconds, wholeNumber } from './field.ts'
import { defaultHealthCheckSchema, healthCheckSchema } from './health-check-schema.ts'
import { addressPhrase, instanceName, label1123, labelValue, nameserverPhrase, qualifiedName, serviceName, targetHostPhrase } from './name-rules.ts'

const family = z.enum(['any', 'IPv4', 'IPv6'])

const portSchema = z.strictObject({
  name: namedText(label1123).optional().describe('Needed where there are several ports.'),
  port: portNumber().describe('The port that clients in the cluster use.'),
  targetPort: portNumber().optional().describe('The port that the targets listen on; default: port.'),
  protocol: z.enum(['TCP', 'UDP', 'SCTP']).default('TCP'),
  appProtocol: namedText(qualifiedName).optional().describe('What is spoken there, such as postgresql.org/wire.'),
})

const targetSchema = z.strictObject({
  host: checkedText(targetHostPhrase).optional().describe('Full DNS name outside the cluster; its A and AAAA records are followed.'),
  family: family.default('any').describe('Which addresses of the host are used.'),
  address: checkedText(addressPhrase).optional().describe('A fixed IPv4 or IPv6 address, instead of a host.'),
  ports: z.record(z.string(), portNumber()).default({}).describe('Port name to the number that this target listens on, where it differs.'),
  drain: z.boolean().default(false).describe('Takes this target out of service, unless it would be the last.'),
  retainSeconds: seconds(0).optional().describe('Keeps an address that the answer no longer names this long, in run; default: resolver.retainSeconds.'),
})

const serviceSchema = z.strictObject({
  name: namedText(serviceName).describe('Name of the Service.'),
  namespace: namedText(label1123).optional().describe('Namespace of the Service; default: defaults.namespace.'),
  type: z.enum(['ClusterIP', 'Headless']).default('ClusterIP'),
  // No key is judged here: the rules for keys want the key as it was written.
  labels: z.record(z.string(), namedText(labelValue)).default({}).describe('Labels of the Service.'),
  annotations: z.record(z.string(), z.string()).default({}).describe('Annotations of the Service.'),
  ipFamilyPolicy: z.enum(['SingleStack', 'PreferDualStack', 'RequireDualStack']).optional().describe('Default: what the cluster chooses.'),
  ports: z.array(portSchema).min(1, 'must hold at least one port'),
  targets: z.array(targetSchema).min(1, 'must hold at least one target').describe('The outside hosts and addresses that the Service leads to.'),
  healthCheck: healthCheckSchema.optional().describe('How a target is probed; what is left out comes from defaults.healthCheck.'),
  whenAllUnready: z.enum(['publishAll', 'publishNone']).default('publishAll').describe('What happens when no target passes its check.'),
  panicThresholdPercent: wholeNumber(0, 100).default(0).describe('With fewer targets ready than this, the probes are disbelieved and all are published; 0 is never.'),
  adopt: z.boolean().default(false).describe('Take over a Service of this name that someone else made.'),
  paused: z.boolean().default(false).describe('Change nothing of this Service for now.'),
})

const cidr = checkedText((text) => {
  const range = parseRange(text)
  return typeof range === 'string' ? range : undefined
})

export const guardSchema = z.strictObject({
  maxDeletePercent: wholeNumber(0, 100).default(30).describe('Of 10 or more owned Services, deletions beyond this share are withheld.'),
  permitLoopback: z.boolean().default(false).describe('For trying things out with a directory; a cluster refuses loopback anyway.'),
  allowedCIDRs: z.array(cidr).default([]).describe('If not empty: only addresses inside these are published. Narrows what the flags allow.'),
  deniedCIDRs: z.array(cidr).default([]).describe('Addresses inside these are never published.'),
})

export const resolverSchema = z.strictObject({
  nameservers: z.array(checkedText(nameserverPhrase)).default([]).describe("ip, ip:port or [v6]:port; default: the machine's own."),
  timeoutSeconds: wholeNumber(1, 60).default(2).describe('Time that a look-up may take.'),
  minTTLSeconds: seconds().default(5).describe('An answer is not asked for again before this.'),
  maxTTLSeconds: seconds().default(3600).describe('An answer is asked for again after this.'),
  maxStaleSeconds: seconds(0).default(86400).describe('How long an answer outlives its TTL while DNS gives none.'),
  whenStaleExpires: z.enum(['keep', 'unready', 'remove']).default('keep').describe('What becomes of the addresses after that, in run.'),
  absentConfirmations: wholeNumber(1, 100).default(3).describe('Answers in a row that a host does not exist, before run believes it.'),
  retainSeconds: seconds(0).default(0).describe('Keeps an address that the answer no longer names this long, in run: for pools that answer with changing subsets.'),
  maxAddresses: wholeNumber(1, 1000).default(1000).describe('Addresses of one host and record type in run, retained ones included; the longest seen stay.'),
})

export const singleSchemas = {
  instance: namedText(instanceName).describe('Whose objects are whose: nothing of another instance is ever touched. Required in one of the files.'),
  publish: z.enum(['both', 'endpointSlices', 'endpoints']).describe('Which objects carry the addresses (default both).'),
  guard: guardSchema.describe('What may never happen.'),
  resolver: resolverSchema.describe('How DNS is asked.'),
  schedule: z.string().describe('Cron expression of the full resync in run, such as "*/10 * * * *" (the default).'),
  writeDebounceMs: wholeNumber(0, 10_000).describe('What happens to a service within this time is written together, in run (default 50).'),
}

export const documentSchema = z.strictObject({
  apiVersion: z.literal('endpoint-registrar.io/v1').optional(),
  kind: z.literal('RegistrarConfig').optional(),
  instance: singleSchemas.instance.optional(),
  publish: singleSchemas.publish.optional(),
  guard: singleSchemas.guard.optional(),
  resolver: singleSchemas.resolver.optional(),
  schedule: singleSchemas.schedule.optional(),
  writeDebounceMs: singleSchemas.writeDebounceMs.optional(),
  defaults: z.strictObject({
    namespace: namedText(label1123).optional().describe('Namespace of services that name none (default: default).'),
    healthCheck: defaultHealthCheckSchema.optional().describe('Check of services that have none of their own.'),
  }).optional().describe('For the services of the same file.'),
  services: z.array(serviceSchema).optional().describe('The Services that lead outside.'),
}).describe('Selectorless Services that point at outside hosts')

export type PortInput = z.output<typeof portSchema>
export type TargetInput = z.output<typeof targetSchema>
export type ServiceInput = z.output<typeof serviceSchema>
export type DocumentInput = z.output<typeof documentSchema>
