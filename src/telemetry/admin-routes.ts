// What the admin port answers. Reads are for whoever reaches the port, the one thing that acts is for this machine alone.

import type { ServerResponse } from 'node:http'
import { type Tell } from '../model/happenings.ts'
import { type RunStatus } from '../model/run-status.ts'
import { type Answer, answerChunks, answerText } from './answer.ts'
import { type Metrics } from './metrics.ts'
import { refuseSync } from './refuse-sync.ts'
import { statusChunks } from './status-chunks.ts'

export interface Routed {
  readonly status: () => RunStatus
  readonly metrics: Pick<Metrics, 'chunks' | 'contentType'>
  /** Or why not, as /healthz says it. */
  readonly isHealthy: () => true | string
  readonly isReady: () => true | string
  readonly requestSync: () => void
  /** Told of answers that failed. */
  readonly tell: Tell
}

/** Answers every request of the admin port; rejects never. */
export function adminRoutes(options: Routed): Answer {
  const routes = routesOf(options)
  return async (request, response) => {
    response.setHeader('cache-control', 'no-store')
    response.setHeader('x-content-type-options', 'nosniff')
    const route = routes.get(pathOf(request))
    if (route === undefined) { answerText(response, 404, `Not here; here are ${[...routes.keys()].join(' ')}`); return }
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    if (request.method === route.method || (isRead && route.method === 'GET')) await orFailed(route.answer, options.tell)(request, response)
    else answerText(response, 405, `Only ${route.method}`, { allow: route.method === 'GET' ? 'GET, HEAD' : route.method, connection: 'close' })
  }
}

interface Route {
  readonly method: 'GET' | 'POST'
  readonly answer: Answer
}

function routesOf({ status, metrics, isHealthy, isReady, requestSync }: Routed): ReadonlyMap<string, Route> {
  const long = fewAtOnce()
  return new Map<string, Route>([
    ['/healthz', { method: 'GET', answer: (_, response) => { answerState(response, isHealthy()) } }],
    ['/readyz', { method: 'GET', answer: (_, response) => { answerState(response, isReady()) } }],
    ['/metrics', { method: 'GET', answer: long((_, response) => answerChunks(response, metrics.contentType, metrics.chunks())) }],
    ['/status', { method: 'GET', answer: long((request, response) =>
      answerChunks(response, 'application/json', statusChunks(status(), new URLSearchParams(queryOf(request)).get('service') ?? undefined))) }],
    ['/sync', { method: 'POST', answer: (request, response) => {
      const refused = refuseSync(request)
      if (refused !== undefined) { answerText(response, 403, refused, { connection: 'close' }); return }
      requestSync()
      answerText(response, 202, 'Resync is asked for', { connection: 'close' })
    } }],
  ])
}

function answerState(response: ServerResponse, state: true | string): void {
  answerText(response, state === true ? 200 : 503, state === true ? 'ok' : state)
}

/** A failed answer is told, and costs nothing else. */
function orFailed(answer: Answer, tell: Tell): Answer {
  return async (request, response) => {
    try {
      await answer(request, response)
    } catch (error) {
      tell({ kind: 'trouble', where: 'admin', message: `${pathOf(request)} failed: ${(error as Error).message}` })
      if (response.headersSent) response.destroy()
      else answerText(response, 500, 'Failed, see the log')
    }
  }
}

const mostAtOnce = 8

/** Long answers hold a copy of what is known: so many at a time and no more. */
function fewAtOnce(): (answer: Answer) => Answer {
  let underWay = 0
  return (answer) => async (request, response) => {
    if (underWay >= mostAtOnce) { answerText(response, 503, 'Busy with other requests', { 'retry-after': '1' }); return }
    underWay += 1
    try {
      await answer(request, response)
    } finally {
      underWay -= 1
    }
  }
}

function pathOf({ url }: { readonly url?: string | undefined }): string {
  return url?.split('?', 1)[0] ?? ''
}

function queryOf(request: { readonly url?: string | undefined }): string {
  return request.url?.slice(pathOf(request).length + 1) ?? ''
}
