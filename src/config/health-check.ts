import { type CheckKind, type DeclaredPort, type DeclaredTarget, type HealthCheck, type HttpCheck } from '../model/declared.ts'
import { type DefaultHealthCheckInput, type HealthCheckInput, type HttpInput } from './health-check-schema.ts'
import { canonicalHost } from './name-rules.ts'
import { withoutUndefined } from './without-undefined.ts'

export const builtinTimings = { periodSeconds: 10, timeoutSeconds: 2, successThreshold: 1, failureThreshold: 3, transitionPeriodSeconds: 1 }

const mysqlPorts: readonly unknown[] = [3306, 33060]

interface SpokenPort {
  readonly port?: unknown
  readonly targetPort?: unknown
  readonly appProtocol?: unknown
}

/** Whether a port looks like MySQL's, which blocks a prober that only connects. `numbers`: what targets listen on instead. */
export function isMysql({ port, targetPort, appProtocol }: SpokenPort, numbers: readonly unknown[]): boolean {
  return [port, targetPort, ...numbers].some((number) => mysqlPorts.includes(number))
    || (typeof appProtocol === 'string' && /mysql/i.test(appProtocol))
}

/** A service's check: a kind of its own replaces the inherited one, timings are inherited one by one. */
export function declareHealthCheck(
  own: HealthCheckInput | undefined,
  inherited: DefaultHealthCheckInput | undefined,
  ports: readonly DeclaredPort[],
  targets: readonly DeclaredTarget[],
): HealthCheck {
  const timings = timingsOf(own ?? {}, timingsOf(inherited ?? {}, builtinTimings))
  const port = ports.find(({ name, protocol }) => protocol === 'TCP' && (own?.port === undefined || own.port === name))
  if (port === undefined) return { kind: 'none', ...timings }
  const isProbedUnasked = !isMysql(port, targets.map((target) => target.ports[port.name]))
  const kind = kindOf(own) ?? (isProbedUnasked ? kindOf(inherited) ?? { kind: 'tcp' } : { kind: 'none' })
  return kind.kind === 'none' ? { kind: 'none', ...timings } : { ...kind, port: port.name, ...timings }
}

function timingsOf(check: DefaultHealthCheckInput, inherited: typeof builtinTimings): typeof builtinTimings {
  return {
    periodSeconds: check.periodSeconds ?? inherited.periodSeconds,
    timeoutSeconds: check.timeoutSeconds ?? inherited.timeoutSeconds,
    successThreshold: check.successThreshold ?? inherited.successThreshold,
    failureThreshold: check.failureThreshold ?? inherited.failureThreshold,
    transitionPeriodSeconds: check.transitionPeriodSeconds ?? inherited.transitionPeriodSeconds,
  }
}

function kindOf(check: DefaultHealthCheckInput | undefined): CheckKind | undefined {
  if (check?.tcp !== undefined) return { kind: 'tcp' }
  if (check?.none !== undefined) return { kind: 'none' }
  return check?.http === undefined ? undefined : { kind: 'http', http: declareHttp(check.http) }
}

function declareHttp({ host, serverName, expectedStatuses, ...rest }: HttpInput): HttpCheck {
  return withoutUndefined({
    ...rest,
    host: host === undefined ? undefined : canonicalHost(host),
    serverName: serverName === undefined ? undefined : canonicalHost(serverName),
    expectedStatuses: expectedStatuses.map(statusRange),
  })
}

/** 200, "200" or "200-399" as a closed range. */
function statusRange(status: number | string): readonly [number, number] {
  const text = String(status)
  return [Number(text.slice(0, 3)), Number(text.slice(-3))]
}
