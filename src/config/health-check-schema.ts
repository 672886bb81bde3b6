import * as z from 'zod'
import { checkedText, namedText, seconds, wholeNumber } from './field.ts'
import { hostPhrase, label1123 } from './name-rules.ts'

const statusRange = /^[1-5]\d\d(?:-[1-5]\d\d)?$/
const statusPhrase = 'must be a status such as 200 or a range such as "200-399"'

const headerPhrase = 'must be text of one line, { file: PATH } or { env: NAME }'

// A union whose text alone matches gives the text's own message: so both carry the phrase.
const headerValue = z.union([
  z.string().regex(/^[^\0\r\n]*$/, headerPhrase),
  z.strictObject({ file: z.string().min(1).describe('File that holds the value, read at each probe.') }),
  z.strictObject({ env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/).describe('Environment variable of the registrar that holds the value.') }),
], headerPhrase)

const expectedStatus = z.union([
  wholeNumber(100, 599),
  z.string().regex(statusRange, statusPhrase).refine((text) => text.slice(0, 3) <= text.slice(-3), statusPhrase),
], statusPhrase)

const httpSchema = z.strictObject({
  path: z.string().regex(/^\/[\x21-\x7e]*$/, 'must begin with / and hold no space').default('/').describe('Path and query that is asked for.'),
  scheme: z.enum(['HTTP', 'HTTPS']).default('HTTP'),
  host: checkedText(hostPhrase).optional().describe('Host header and TLS server name; default: the host of the target.'),
  headers: z.record(z.string(), headerValue).default({})
    .describe('Request headers. A header that carries a secret takes { file: PATH } or { env: NAME }, never clear text.'),
  expectedStatuses: z.array(expectedStatus).min(1, 'must hold at least one').default(['200-399']).describe('Statuses that pass, such as 200 or "200-399".'),
  bodyContains: z.string().min(1, 'must not be empty').optional().describe('Text that the body must hold.'),
  caFile: z.string().min(1, 'must not be empty').optional().describe('PEM file of the authorities to trust instead of the usual ones.'),
  serverName: checkedText(hostPhrase).optional().describe('TLS server name where it differs from host.'),
  verify: z.boolean().default(true).describe('Whether the certificate is verified.'),
})

const kindsAndTimings = {
  tcp: z.strictObject({}).optional().describe('Passes when the port accepts a connection.'),
  http: httpSchema.optional().describe('Passes when an HTTP answer is as expected.'),
  none: z.strictObject({}).optional().describe('No check: every target counts as ready.'),
  periodSeconds: seconds().optional().describe('Time between two probes of a target (default 10).'),
  timeoutSeconds: seconds().optional().describe('Time that a probe may take, at most the period (default 2).'),
  successThreshold: wholeNumber(1, 1000).optional().describe('Passes in a row that make a target ready (default 1).'),
  failureThreshold: wholeNumber(1, 1000).optional().describe('Failures in a row that make a target unready (default 3).'),
  transitionPeriodSeconds: seconds().optional().describe('Time between two probes while a streak is under way that may turn the verdict, in run; at most the period (default 1).'),
}

export const defaultHealthCheckSchema = z.strictObject(kindsAndTimings)

export const healthCheckSchema = z.strictObject({
  ...kindsAndTimings,
  port: namedText(label1123).optional().describe('Name of the TCP port that decides for a target; default: the first TCP port.'),
})

export type HttpInput = z.output<typeof httpSchema>
export type HealthCheckInput = z.output<typeof healthCheckSchema>
export type DefaultHealthCheckInput = z.output<typeof defaultHealthCheckSchema>
