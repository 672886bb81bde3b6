import { readFile } from 'node:fs/promises'
import http from 'node:http'
import https from 'node:https'
import { isIP, isIPv6 } from 'node:net'
import { type Readable } from 'node:stream'
import { checkServerIdentity } from 'node:tls'
// `import type` is erased; `import { type }` would load axios all the same.
import type { AxiosInstance, AxiosResponse } from 'axios'
import { type HttpCheck } from '../model/declared.ts'
import { type ProbeTarget } from '../model/observed.ts'
import { attempt } from './attempt.ts'
import { bodyContains } from './body-contains.ts'
import { readHeaders } from './read-headers.ts'
import { type StartProbe } from './start-probe.ts'
import { codeOf, type Finding } from './within-deadline.ts'

/** Passes on an expected status (and text in the body) of the target's own address, asked for by the declared host's name. */
export const probeHttp: StartProbe = (target, done) => {
  const { check } = target
  if (check.kind !== 'http') throw new TypeError(`Not an HTTP check: ${check.kind}`)
  let isStopped = false
  let stop = (): void => { isStopped = true }
  // Loaded by the first probe that needs it: a verb without HTTP checks does not pay for it. Outside the deadline, since
  // loading takes a good part of a second on a busy machine and no target is to fail for it.
  import('axios').then(({ default: axios }) => {
    if (!isStopped) stop = attempt(check.timeoutSeconds, (deadline) => request(axios, target, check.http, deadline), done)
  }, () => {
    if (!isStopped) done({ ok: undefined, reason: 'HTTP client cannot be loaded' })
  })
  return () => { stop() }
}

async function request(axios: AxiosInstance, target: ProbeTarget, check: HttpCheck, signal: AbortSignal): Promise<Finding> {
  const headers = await readHeaders(check.headers, signal)
  if (typeof headers === 'string') return { ok: false, reason: headers }
  const agent = await agentFor(target, check, signal)
  if (typeof agent === 'string') return { ok: false, reason: agent }
  try {
    const response = await axios.get<Readable>(urlOf(target, check), {
      // A declared Host wins, in whatever case it is written.
      headers: { 'Accept': '*/*', 'Accept-Encoding': 'identity', 'User-Agent': 'endpoint-registrar', 'Host': hostHeader(target, check), ...headers },
      adapter: 'http',
      httpAgent: agent,
      httpsAgent: agent,
      // What a target answers must not lead the prober elsewhere: redirects reach metadata services, and the
      // environment's proxy would answer for hosts that are dead.
      maxRedirects: 0,
      proxy: false,
      responseType: 'stream',
      validateStatus: () => true,
      signal,
    })
    return await judge(response, check)
  } finally {
    // A body that was not read to its end would hold the connection.
    agent.destroy()
  }
}

async function judge({ status, data }: AxiosResponse<Readable>, check: HttpCheck): Promise<Finding> {
  const isExpected = check.expectedStatuses.some(([from, to]) => from <= status && status <= to)
  if (!isExpected || check.bodyContains === undefined) return { ok: isExpected, reason: `status ${status}` }
  const fault = await bodyContains(data, check.bodyContains)
  return { ok: fault === undefined, reason: fault === undefined ? `status ${status}` : `status ${status}, ${fault}` }
}

/** A new agent for each probe: a connection or TLS session kept from an earlier one would hide a dead host. */
async function agentFor(target: ProbeTarget, check: HttpCheck, signal: AbortSignal): Promise<http.Agent | https.Agent | string> {
  if (check.scheme === 'HTTP') return new http.Agent({ keepAlive: false })
  const ca = check.caFile === undefined ? undefined : await readCa(check.caFile, signal)
  if (ca !== undefined && 'fault' in ca) return ca.fault
  const name = check.serverName ?? nameOf(target, check)
  return new https.Agent({
    keepAlive: false,
    maxCachedSessions: 0,
    rejectUnauthorized: check.verify,
    // SNI cannot carry an address; the certificate is checked against it all the same.
    servername: isIP(name) === 0 ? name : '',
    checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
    ...ca,
  })
}

async function readCa(caFile: string, signal: AbortSignal): Promise<{ ca: Buffer } | { fault: string }> {
  try {
    return { ca: await readFile(caFile, { signal }) }
  } catch (error) {
    return { fault: `cannot read caFile ${caFile}: ${codeOf(error)}` }
  }
}

/** By address, so that what is probed is what is published, whatever the name resolves to by now. */
function urlOf({ address, port }: ProbeTarget, { scheme, path }: HttpCheck): string {
  return `${scheme.toLowerCase()}://${inUrl(address)}:${port}${path.startsWith('/') ? path : `/${path}`}`
}

function hostHeader(target: ProbeTarget, check: HttpCheck): string {
  const isDefaultPort = target.port === (check.scheme === 'HTTPS' ? 443 : 80)
  const name = inUrl(nameOf(target, check))
  return isDefaultPort ? name : `${name}:${target.port}`
}

function nameOf(target: ProbeTarget, check: HttpCheck): string {
  return check.host ?? target.host ?? target.address
}

function inUrl(name: string): string {
  return isIPv6(name) ? `[${name}]` : name
}
