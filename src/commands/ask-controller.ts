import { type RunStatus } from '../model/run-status.ts'
import { UsageError } from './usage-error.ts'

const timeoutMs = 5000

/**
 * What the controller behind an admin port knows, of all its services or of the one with this key; a string says why there
 * is none to be asked. Throws UsageError where `admin` is no `host:port`; rejects with the signal's reason.
 */
export async function askController(admin: string, service: string | undefined, signal: AbortSignal): Promise<RunStatus | string> {
  const url = urlOf(admin)
  if (service !== undefined) url.searchParams.set('service', service)
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]), redirect: 'error' })
    if (!response.ok) return `status ${response.status}`
    const answer: unknown = await response.json()
    return isRunStatus(answer) ? answer : 'what answers there is no controller'
  } catch (error) {
    signal.throwIfAborted()
    return whyNot(error as Error)
  }
}

/** As it is given to `run`: without a host, every address of the machine. */
function urlOf(admin: string): URL {
  const url = URL.parse(`http://${admin.startsWith(':') ? '127.0.0.1' : ''}${admin}/status`)
  if (url?.pathname !== '/status' || url.username !== '' || !/:\d+$/.test(admin)) throw new UsageError(`Not a host:port: ${admin}${/^\d+$/.test(admin) ? ` (:${admin} on this machine)` : ''}`)
  return url
}

function isRunStatus(answer: unknown): answer is RunStatus {
  const { instance, now, config, queue, services } = (answer ?? {}) as Partial<Record<keyof RunStatus, unknown>>
  const isAsItShould = typeof instance === 'string' && typeof now === 'string' && isObject(config) && isObject(queue)
  return isAsItShould && Array.isArray(services) && services.every(isObject)
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

/** What fetch rejects with says little; its cause says it. */
function whyNot({ name, message, cause }: Error): string {
  if (name === 'TimeoutError') return `no answer in ${timeoutMs / 1000} s`
  if (name === 'SyntaxError') return 'what answers there is no controller'
  const { code, message: reason } = (cause ?? {}) as Partial<NodeJS.ErrnoException>
  return code ?? reason ?? message
}
