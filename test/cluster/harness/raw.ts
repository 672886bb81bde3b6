import { cluster } from './cluster.ts'
import { type Connection } from './connection.ts'
import { type Answer, request, type RequestOptions } from './request.ts'

/**
 * One plain request to the cluster as its administrator, for arranging and asserting. `body` is sent as JSON; another
 * `content-type` goes into `headers`. Any status is an answer. Its user agent is `cluster-harness`.
 */
export async function raw(
  method: string, path: string, body?: unknown, options: Omit<RequestOptions, 'body'> & { readonly to?: Connection } = {},
): Promise<Answer> {
  const { to, ...rest } = options
  return request(to ?? cluster(), method, path, { ...rest, ...(body === undefined ? {} : { body }) })
}
